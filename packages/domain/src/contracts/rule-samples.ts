import { revised } from '../operator/operator.ts'
import type { OperatorId } from '../operator/operator-id.ts'
import { costPerSegment } from '../routing/cost-per-segment.ts'
import { currency } from '../routing/currency.ts'
import { plmnSelector } from '../routing/plmn.ts'
import { prefix } from '../routing/prefix.ts'
import { type RoutingRule, ROUTING_RULE_DEFAULTS, type RuleSpan } from '../routing/routing-rule.ts'
import type { RoutingRuleChanges } from '../routing/routing-rule-changes.ts'
import { aRecordedChange } from './samples.ts'
import type { StoreHarness } from './store-harness.ts'

/** What a sample says of itself: prefix and selector as text, the rest as a rule has it. */
export type RuleFacts = Partial<Omit<RoutingRule, 'prefix' | 'mcc' | 'mnc' | 'operatorId'>> &
  Readonly<{ prefix?: string; mcc?: string | null; mnc?: string | null }>

/** A rule for +9370 and every network, unless `facts` tell otherwise. */
export function aRoutingRule(operatorId: OperatorId, facts: RuleFacts = {}): RoutingRule {
  const { prefix: digits = '+9370', mcc = null, mnc = null, ...rest } = facts
  const at = new Date('2026-11-20T12:00:00.123Z')
  return {
    ...ROUTING_RULE_DEFAULTS,
    ...plmnSelector({ mcc, mnc }),
    ruleId: crypto.randomUUID(),
    operatorId,
    prefix: prefix(digits),
    costPerSegment: costPerSegment('0.0042'),
    currency: currency('USD'),
    createdAt: at,
    createdBy: 'amina',
    updatedAt: at,
    updatedBy: 'amina',
    ...rest,
  }
}

/** What decides whether another rule overlaps one of these facts. */
export const aRuleSpan = (facts: RuleFacts = {}): RuleSpan => {
  const { prefix: digits = '+9370', mcc = null, mnc = null, allowNested = false } = facts
  return { ...plmnSelector({ mcc, mnc }), prefix: prefix(digits), allowNested }
}

/** One committed change of an operator's rules. */
export async function changeRulesIn<T>(
  { operators }: Pick<StoreHarness, 'operators'>,
  operatorId: OperatorId,
  work: (rules: RoutingRuleChanges) => Promise<T>,
): Promise<T> {
  return operators.change(operatorId, { acrossVault: false }, async (change) => {
    const result = await work(change.rules)
    const next = revised(change.operator, {}, { actor: 'zahra', at: change.at })
    await change.record(next, aRecordedChange('operator.config.updated.v1', next))
    return result
  })
}

/** Sample rules of an operator, written and returned. */
export async function insertRulesIn<const Facts extends readonly RuleFacts[]>(
  store: Pick<StoreHarness, 'operators'>,
  operatorId: OperatorId,
  ...facts: Facts
): Promise<{ [Each in keyof Facts]: RoutingRule }> {
  const rules = facts.map((each) => aRoutingRule(operatorId, each))
  await changeRulesIn(store, operatorId, (changes) => changes.insert(rules))
  return rules as { [Each in keyof Facts]: RoutingRule }
}
