import { selectorOf } from './plmn.ts'
import type { RuleInventory } from './routing-rule-changes.ts'
import type { RoutingRule } from './routing-rule.ts'

/** Rules that an event lists; above that it tells their number, and consumers read the operator again. */
export const MAX_LISTED_RULES = 100

/** What of a rule events and history show. */
export type RoutingRuleValue = Readonly<
  Omit<RoutingRule, 'operatorId' | 'createdAt' | 'createdBy' | 'updatedAt' | 'updatedBy'>
>

export type RoutingRulesValue = readonly RoutingRuleValue[] | Readonly<{ count: number; truncated: true }>

export const ruleValue = (rule: RoutingRule): RoutingRuleValue => ({
  ruleId: rule.ruleId,
  prefix: rule.prefix,
  ...selectorOf(rule),
  priority: rule.priority,
  weight: rule.weight,
  costPerSegment: rule.costPerSegment,
  currency: rule.currency,
  active: rule.active,
  allowNested: rule.allowNested,
})

export const boundedRules = <T>(rules: readonly T[]): readonly T[] | Readonly<{ count: number; truncated: true }> =>
  rules.length > MAX_LISTED_RULES ? { count: rules.length, truncated: true } : rules

export const inventoryValue = ({ count, rules }: RuleInventory): RoutingRulesValue =>
  rules === null ? { count, truncated: true } : rules.map(ruleValue)
