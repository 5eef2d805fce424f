import type { ChangeContext } from '../change/change-context.ts'
import { invalid } from '../errors.ts'
import { collectFieldErrors, given } from '../field-errors.ts'
import type { OperatorId } from '../operator/operator-id.ts'
import type { VersionPrecondition } from '../operator/version-precondition.ts'
import { costPerSegment } from './cost-per-segment.ts'
import { currency, DEFAULT_CURRENCY } from './currency.ts'
import { plmnSelector } from './plmn.ts'
import { prefix } from './prefix.ts'
import {
  type NewRoutingRule,
  ROUTING_RULE_BOUNDS,
  ROUTING_RULE_DEFAULTS,
  type RoutingRuleSettings,
} from './routing-rule.ts'
import type { CreateRoutingRuleBody, CreateRoutingRulesBody, UpdateRoutingRuleBody } from './routing-rule-bodies.ts'

/** What every change of an operator's rules says of itself; `ifMatch` speaks of the operator's version. */
export type RuleChangeCommand = Readonly<{
  operatorId: OperatorId
  ifMatch?: VersionPrecondition
  context: ChangeContext
}>

export type CreateRoutingRule = RuleChangeCommand & Readonly<{ rule: NewRoutingRule }>
export type CreateRoutingRules = RuleChangeCommand & Readonly<{ rules: readonly NewRoutingRule[] }>
export type DeleteRoutingRule = RuleChangeCommand & Readonly<{ ruleId: string }>
export type UpdateRoutingRule = RuleChangeCommand & Readonly<{ ruleId: string; patch: RoutingRulePatch }>

/** What an admin wants changed; a member that is not there stays. The selector is checked as it will be. */
export type RoutingRulePatch = Readonly<
  Partial<Omit<RoutingRuleSettings, 'mcc' | 'mnc'>> & { mcc?: string | null; mnc?: string | null }
>

/** Rejects with INVALID_PAYLOAD naming every field at fault. */
export function parseCreateRoutingRule(body: CreateRoutingRuleBody): NewRoutingRule {
  const { field, assertNone } = collectFieldErrors()
  const selector = field(() => plmnSelector(body))
  const rule = {
    prefix: field(() => prefix(body.prefix)),
    priority: field(() => bounded('priority', body.priority ?? ROUTING_RULE_DEFAULTS.priority)),
    weight: field(() => bounded('weight', body.weight ?? ROUTING_RULE_DEFAULTS.weight)),
    costPerSegment: field(() => costPerSegment(body.costPerSegment)),
    currency: field(() => currency(body.currency ?? DEFAULT_CURRENCY)),
    active: body.active ?? ROUTING_RULE_DEFAULTS.active,
    allowNested: body.allowNested ?? ROUTING_RULE_DEFAULTS.allowNested,
  }
  assertNone()
  return { ...rule, ...selector }
}

/** As `parseCreateRoutingRule`, each path led by `rules.` and the rule's place, counted from 0. */
export function parseCreateRoutingRules(body: CreateRoutingRulesBody): readonly NewRoutingRule[] {
  const { within, assertNone } = collectFieldErrors()
  const rules = body.rules.map((rule, index) => within(`rules.${index}`, () => parseCreateRoutingRule(rule)))
  assertNone()
  return rules
}

/** As `parseCreateRoutingRule`, for a merge patch. */
export function parseRoutingRulePatch(body: UpdateRoutingRuleBody): RoutingRulePatch {
  const { field, assertNone } = collectFieldErrors()
  const { priority, weight, costPerSegment: cost, currency: code, ...rest } = body
  const patch = {
    ...rest,
    ...given('priority', priority, (raw) => field(() => bounded('priority', raw))),
    ...given('weight', weight, (raw) => field(() => bounded('weight', raw))),
    ...given('costPerSegment', cost, (raw) => field(() => costPerSegment(raw))),
    ...given('currency', code, (raw) => field(() => currency(raw))),
  }
  assertNone()
  return patch
}

function bounded(name: keyof typeof ROUTING_RULE_BOUNDS, value: number): number {
  const { minimum, maximum } = ROUTING_RULE_BOUNDS[name]
  if (Number.isInteger(value) && value >= minimum && value <= maximum) return value
  throw invalid(name, `must be an integer from ${minimum} to ${maximum}`)
}
