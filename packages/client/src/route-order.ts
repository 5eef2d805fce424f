import type { HealthState, RoutingRule } from './operator.ts'

/** A rule that a message may take, with its operator's health as it was then. */
export type RouteCandidate = Readonly<{ operatorId: string; healthState: HealthState; rule: RoutingRule }>

/**
 * The part of the published order that is known before a message comes: rules of one prefix and one selector, as if all
 * operators were equally healthy and all costs in one currency.
 */
export const compareRules = (a: RoutingRule, b: RoutingRule): number =>
  a.priority - b.priority || compareCosts(a.costPerSegment, b.costPerSegment) || compareAfterCost(a, b)

const compareAfterCost = (a: RoutingRule, b: RoutingRule): number =>
  b.weight - a.weight || compareTexts(a.operatorId, b.operatorId) || compareTexts(a.ruleId, b.ruleId)

const compareTexts = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

/** As text, because a double does not hold all their digits: with six places each, the longer one is the higher. */
const compareCosts = (a: string, b: string): number => a.length - b.length || compareTexts(a, b)

const HEALTH_RANK: Record<HealthState, number> = { HEALTHY: 0, DEGRADED: 1, UNKNOWN: 2, UNHEALTHY: 3 }

const compareBeforeCost = (a: RouteCandidate, b: RouteCandidate): number =>
  HEALTH_RANK[a.healthState] - HEALTH_RANK[b.healthState] || a.rule.priority - b.rule.priority

/**
 * Appends a candidate for each rule whose operator is not UNHEALTHY, in the published order. `rules` are of one prefix and
 * one selector, in the order of `compareRules`.
 */
export function appendCandidates(
  candidates: RouteCandidate[],
  rules: readonly RoutingRule[],
  healthOf: (operatorId: string) => HealthState,
): void {
  const from = candidates.length
  for (const rule of rules) {
    const { operatorId } = rule
    const healthState = healthOf(operatorId)
    if (healthState !== 'UNHEALTHY') candidates.push({ operatorId, healthState, rule })
  }
  if (isOrdered(candidates, from)) return
  for (const candidate of ordered(candidates.splice(from))) candidates.push(candidate)
}

/** Whether health changes nothing, and cost counts wherever it decided. */
function isOrdered(candidates: readonly RouteCandidate[], from: number): boolean {
  for (let at = from + 1; at < candidates.length; at++) {
    const [before, here] = [candidates[at - 1], candidates[at]]
    if (before === undefined || here === undefined) continue
    const order = compareBeforeCost(before, here)
    if (order > 0 || (order === 0 && before.rule.currency !== here.rule.currency)) return false
  }
  return true
}

/** The sort is stable: within a tie they stay as they were, unless its costs say nothing about each other. */
function ordered(candidates: readonly RouteCandidate[]): readonly RouteCandidate[] {
  const ties: RouteCandidate[][] = []
  for (const candidate of candidates.toSorted(compareBeforeCost)) {
    const tie = ties.at(-1)
    if (tie?.[0] !== undefined && compareBeforeCost(tie[0], candidate) === 0) tie.push(candidate)
    else ties.push([candidate])
  }
  return ties.flatMap((tie) => {
    const comparable = tie.every(({ rule }) => rule.currency === tie[0]?.rule.currency)
    return comparable ? tie : tie.sort((a, b) => compareAfterCost(a.rule, b.rule))
  })
}
