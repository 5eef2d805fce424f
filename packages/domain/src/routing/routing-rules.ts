import type { HealthState } from '../health/health-state.ts'
import type { OperatorId } from '../operator/operator-id.ts'
import type { OperatorStatus } from '../operator/status.ts'
import type { PlmnSelector } from './plmn.ts'
import type { Prefix } from './prefix.ts'
import type { RoutingRule } from './routing-rule.ts'

export const ROUTING_RULE_SORT_FIELDS = ['prefix', 'priority', 'createdAt'] as const
export type RoutingRuleSortField = (typeof ROUTING_RULE_SORT_FIELDS)[number]

type Paged = Readonly<{ /** From 1. */ page: number; limit: number }>

export type RoutingRuleQuery = Paged &
  Readonly<{
    operatorId: OperatorId
    active?: boolean | undefined
    sort: Readonly<{ field: RoutingRuleSortField; descending: boolean }>
  }>

export type DestinationPrefixQuery = Paged &
  Readonly<{
    operatorId?: OperatorId | undefined
    /** Only prefixes that this number, or beginning of one, has. */
    covers?: Prefix | undefined
  }>

/** An active rule of a live operator as the range of numbers that it takes in. */
export type DestinationPrefix = PlmnSelector &
  Readonly<{
    prefix: Prefix
    operatorId: OperatorId
    ruleId: string
    /** First and last number of 15 digits, as text. */
    rangeStart: string
    rangeEnd: string
  }>

/** A rule with what routing needs to know of its operator. */
export type RouteOption = Readonly<{
  rule: RoutingRule
  operatorName: string
  status: OperatorStatus
  healthState: HealthState
  healthStale: boolean
}>

/** Rules of live operators, for reading. Rejects with DEPENDENCY_UNAVAILABLE. */
export interface RoutingRules {
  find(operatorId: OperatorId, ruleId: string): Promise<RoutingRule | undefined>
  list(query: RoutingRuleQuery): Promise<Readonly<{ rules: readonly RoutingRule[]; total: number }>>
  /** By prefix, operatorId, ruleId. */
  destinationPrefixes(
    query: DestinationPrefixQuery,
  ): Promise<Readonly<{ destinations: readonly DestinationPrefix[]; total: number }>>
  /**
   * Every active rule whose prefix `to` has, and at most `inactiveLimit` inactive ones, in no order. The cost does not grow
   * with the rules.
   */
  matching(to: Prefix, inactiveLimit: number): Promise<readonly RouteOption[]>
}
