import type { OperatorId } from '../operator/operator-id.ts'
import type { CostPerSegment } from './cost-per-segment.ts'
import type { Currency } from './currency.ts'
import type { PlmnSelector } from './plmn.ts'
import type { Prefix } from './prefix.ts'

/** What an admin may change of a rule. `priority` 0-1000, lower preferred; `weight` 1-1000. */
export type RoutingRuleSettings = PlmnSelector &
  Readonly<{
    priority: number
    weight: number
    costPerSegment: CostPerSegment
    currency: Currency
    active: boolean
    /** It may lie inside another rule's prefix, or the other inside its own, as in a rate sheet with a cheaper sub-range. */
    allowNested: boolean
  }>

/** Destination prefix → operator. The prefix is for good: another one is another rule. */
export type RoutingRule = RoutingRuleSettings &
  Readonly<{
    ruleId: string
    operatorId: OperatorId
    prefix: Prefix
    createdAt: Date
    createdBy: string
    updatedAt: Date
    updatedBy: string
  }>

/** A rule as an admin asks for it. */
export type NewRoutingRule = RoutingRuleSettings & Readonly<{ prefix: Prefix }>

/** What decides whether two rules of an operator overlap. */
export type RuleSpan = PlmnSelector & Pick<RoutingRule, 'prefix' | 'allowNested'>

export const ROUTING_RULE_BOUNDS = {
  priority: { minimum: 0, maximum: 1_000 },
  weight: { minimum: 1, maximum: 1_000 },
} as const

export const ROUTING_RULE_DEFAULTS = { priority: 10, weight: 100, active: true, allowNested: false } as const
