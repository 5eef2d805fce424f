import type { PlmnSelector } from '../../src/routing/plmn.ts'
import type { LostReason, RankCriterion } from '../../src/routing/preview-routing.ts'
import type { RouteOption } from '../../src/routing/routing-rules.ts'

/** Rule ids in their order with what puts each behind the one before it, and those left out with their reasons. */
export type ReferenceRoutes = Readonly<{
  ranked: readonly (readonly [ruleId: string, behindBecause: RankCriterion | null])[]
  lost: readonly (readonly [ruleId: string, reason: LostReason])[]
}>

/** A key of fixed width per criterion: what sorts first as text is preferred. */
type Keys = readonly (readonly [RankCriterion, string])[]

const number = (value: number | bigint): string => String(value).padStart(24, '0')
const HEALTH = ['HEALTHY', 'DEGRADED', 'UNKNOWN']

/** The published order, by picking the best of what is left again and again. */
export function referenceRoutes(options: readonly RouteOption[], network: PlmnSelector): ReferenceRoutes {
  const lost = options.flatMap((option) => {
    const reason = reasonAgainst(option, network)
    return reason === null ? [] : [{ ...option, reason }]
  })
  const eligible = options.filter((option) => reasonAgainst(option, network) === null)
  const keyed = eligible.map((option) => ({ ruleId: option.rule.ruleId, keys: keysOf(option, eligible) }))
  const ranked: [string, RankCriterion | null][] = []
  let before: Keys | undefined
  while (keyed.length > 0) {
    const best = keyed.reduce((a, b) => (textOf(b.keys) < textOf(a.keys) ? b : a))
    keyed.splice(keyed.indexOf(best), 1)
    const behind = best.keys.find(([, key], index) => before !== undefined && before[index]?.[1] !== key)
    ranked.push([best.ruleId, behind?.[0] ?? null])
    before = best.keys
  }
  const place = ({ rule }: RouteOption) => `${number(99 - rule.prefix.length)} ${rule.operatorId} ${rule.ruleId}`
  const inOrder = lost.toSorted((a, b) => (place(a) < place(b) ? -1 : 1))
  return { ranked, lost: inOrder.map(({ rule, reason }) => [rule.ruleId, reason]) }
}

function reasonAgainst({ status, healthState, rule }: RouteOption, { mcc, mnc }: PlmnSelector): LostReason | null {
  const known = [mcc, mnc].filter((part) => part !== null).join('-')
  const wanted = [rule.mcc, rule.mnc].filter((part) => part !== null).join('-')
  if (status === 'SUSPENDED' || status === 'INACTIVE') return 'OPERATOR_NOT_ACTIVE'
  if (healthState === 'UNHEALTHY') return 'OPERATOR_UNHEALTHY'
  if (!rule.active) return 'RULE_INACTIVE'
  if (wanted === '' || known === wanted || known.startsWith(`${wanted}-`)) return null
  return known === '' || wanted.startsWith(`${known}-`) ? 'PLMN_NOT_GIVEN' : 'PLMN_MISMATCH'
}

function keysOf(option: RouteOption, eligible: readonly RouteOption[]): Keys {
  const tie = textOf(keysBeforeCost(option))
  const currencies = eligible.filter((other) => textOf(keysBeforeCost(other)) === tie).map(({ rule }) => rule.currency)
  const { costPerSegment, weight, operatorId, ruleId } = option.rule
  return [
    ...keysBeforeCost(option),
    ['COST', currencies.every((code) => code === currencies[0]) ? number(BigInt(costPerSegment.replace('.', ''))) : ''],
    ['WEIGHT', number(9_999 - weight)],
    ['OPERATOR_ID', operatorId],
    ['RULE_ID', ruleId],
  ]
}

const keysBeforeCost = ({ rule, healthState }: RouteOption): Keys => [
  ['PREFIX_LENGTH', number(99 - rule.prefix.length)],
  ['PLMN_SPECIFICITY', number([rule.mcc, rule.mnc].filter((part) => part === null).length)],
  ['HEALTH', number(HEALTH.indexOf(healthState))],
  ['PRIORITY', number(rule.priority)],
]

const textOf = (keys: Keys): string => keys.map(([, key]) => key).join(' ')
