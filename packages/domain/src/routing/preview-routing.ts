import type { HealthState } from '../health/health-state.ts'
import { compareCosts } from './cost-per-segment.ts'
import { type PlmnSelector, plmnMatch, plmnSpecificity } from './plmn.ts'
import { type Prefix, prefixLength } from './prefix.ts'
import type { RouteOption, RoutingRules } from './routing-rules.ts'

/** Why a rule that has the number's prefix is not taken, the first reason that applies. */
export const LOST_REASONS = [
  'OPERATOR_NOT_ACTIVE',
  'OPERATOR_UNHEALTHY',
  'RULE_INACTIVE',
  'PLMN_MISMATCH',
  'PLMN_NOT_GIVEN',
] as const
export type LostReason = (typeof LOST_REASONS)[number]

/** What decides between two candidates, in this order. */
export const RANK_CRITERIA = [
  'PREFIX_LENGTH',
  'PLMN_SPECIFICITY',
  'HEALTH',
  'PRIORITY',
  'COST',
  'WEIGHT',
  'OPERATOR_ID',
  'RULE_ID',
] as const
export type RankCriterion = (typeof RANK_CRITERIA)[number]

/** `behindBecause` is what puts it behind the candidate before it; null for the first. */
export type Candidate = RouteOption & Readonly<{ rank: number; behindBecause: RankCriterion | null }>
export type LostOption = RouteOption & Readonly<{ reason: LostReason }>
export type RoutingPreview = Readonly<{ candidates: readonly Candidate[]; lost: readonly LostOption[] }>

/** Inactive rules that a preview shows: they overlap as they like, so that a prefix may have any number of them. */
export const MAX_INACTIVE_SHOWN = 1_000

/**
 * Which operators a message to `to` would be offered to, in order, and which rules are passed over and why;
 * `lostTruncated` when there are more inactive ones than are shown.
 */
export async function previewRouting(
  ports: Readonly<{ routingRules: Pick<RoutingRules, 'matching'> }>,
  to: Prefix,
  network: PlmnSelector,
): Promise<RoutingPreview & Readonly<{ lostTruncated: boolean }>> {
  const options = await ports.routingRules.matching(to, MAX_INACTIVE_SHOWN + 1)
  const inactive = options.filter(({ rule }) => !rule.active)
  const hidden = new Set(inactive.slice(MAX_INACTIVE_SHOWN))
  const shown = options.filter((option) => !hidden.has(option))
  return { ...rankRoutes(shown, network), lostTruncated: hidden.size > 0 }
}

/** The published order of all `options` that have the number's prefix. */
export function rankRoutes(options: readonly RouteOption[], network: PlmnSelector): RoutingPreview {
  const eligible: RouteOption[] = []
  const lost: LostOption[] = []
  for (const option of options) {
    const reason = lostReason(option, network)
    if (reason === undefined) eligible.push(option)
    else lost.push({ ...option, reason })
  }
  const ordered = tiesOf(eligible).flatMap(orderTie)
  const candidates = ordered.map(({ option, criteria }, index) => {
    const before = ordered[index - 1]?.option
    const behindBecause = before === undefined ? null : (decisive(criteria, before, option)?.[0] ?? null)
    return { ...option, rank: index + 1, behindBecause }
  })
  return { candidates, lost: lost.toSorted((a, b) => byLength(a, b) || byIds(a, b)) }
}

function lostReason({ status, healthState, rule }: RouteOption, network: PlmnSelector): LostReason | undefined {
  if (status !== 'ACTIVE') return 'OPERATOR_NOT_ACTIVE'
  if (healthState === 'UNHEALTHY') return 'OPERATOR_UNHEALTHY'
  if (!rule.active) return 'RULE_INACTIVE'
  const match = plmnMatch(rule, network)
  return match === 'MATCH' ? undefined : `PLMN_${match}`
}

type Compare = (a: RouteOption, b: RouteOption) => number

const HEALTH_RANK: Record<HealthState, number> = { HEALTHY: 0, DEGRADED: 1, UNKNOWN: 2, UNHEALTHY: 3 }

const byText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)
const byLength: Compare = (a, b) => prefixLength(b.rule.prefix) - prefixLength(a.rule.prefix)
const byOperator: Compare = (a, b) => byText(a.rule.operatorId, b.rule.operatorId)
const byRule: Compare = (a, b) => byText(a.rule.ruleId, b.rule.ruleId)
const byIds: Compare = (a, b) => byOperator(a, b) || byRule(a, b)

type Criteria = readonly (readonly [RankCriterion, Compare])[]

const BEFORE_COST: Criteria = [
  ['PREFIX_LENGTH', byLength],
  ['PLMN_SPECIFICITY', (a, b) => plmnSpecificity(b.rule) - plmnSpecificity(a.rule)],
  ['HEALTH', (a, b) => HEALTH_RANK[a.healthState] - HEALTH_RANK[b.healthState]],
  ['PRIORITY', (a, b) => a.rule.priority - b.rule.priority],
]
const BY_COST: Criteria = [['COST', (a, b) => compareCosts(a.rule.costPerSegment, b.rule.costPerSegment)]]
const AFTER_COST: Criteria = [
  ['WEIGHT', (a, b) => b.rule.weight - a.rule.weight],
  ['OPERATOR_ID', byOperator],
  ['RULE_ID', byRule],
]

const decisive = (criteria: Criteria, a: RouteOption, b: RouteOption) =>
  criteria.find(([, compare]) => compare(a, b) !== 0)

const compareBy =
  (criteria: Criteria): Compare =>
  (a, b) =>
    decisive(criteria, a, b)?.[1](a, b) ?? 0

/** Options that nothing before cost tells apart stay together, best first. */
function tiesOf(options: readonly RouteOption[]): readonly (readonly RouteOption[])[] {
  const compare = compareBy(BEFORE_COST)
  const ties: RouteOption[][] = []
  for (const option of options.toSorted(compare)) {
    const tie = ties.at(-1)
    if (tie?.[0] !== undefined && compare(tie[0], option) === 0) tie.push(option)
    else ties.push([option])
  }
  return ties
}

/** Costs in different currencies say nothing about each other: then cost does not count in the whole tie. */
function orderTie(tie: readonly RouteOption[]) {
  const comparable = new Set(tie.map(({ rule }) => rule.currency)).size === 1
  const criteria = [...BEFORE_COST, ...(comparable ? BY_COST : []), ...AFTER_COST]
  return tie.toSorted(compareBy(criteria)).map((option) => ({ option, criteria }))
}
