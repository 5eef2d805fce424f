import { type ChangeRoutingRulesPorts, changeRoutingRules, type Versioned } from './change-routing-rules.ts'
import { ruleNotFound } from './get-routing-rule.ts'
import { plmnSelector } from './plmn.ts'
import type { RoutingRule } from './routing-rule.ts'
import type { RoutingRulePatch, UpdateRoutingRule } from './routing-rule-commands.ts'
import { routingRuleConflictChecker } from './routing-rule-conflict-checker.ts'
import { ruleValue } from './routing-rule-values.ts'

/**
 * Applies a patch; one that changes nothing leaves no trace. Rejects with OPERATOR_NOT_FOUND, ROUTING_RULE_NOT_FOUND,
 * VERSION_MISMATCH, PREFIX_CONFLICT, DEPENDENCY_UNAVAILABLE; with INVALID_PAYLOAD when a network code would lose its country.
 */
export const updateRoutingRule = (
  ports: ChangeRoutingRulesPorts,
  command: UpdateRoutingRule,
): Promise<Versioned<{ rule: RoutingRule }>> =>
  changeRoutingRules(ports, command, async (change, write) => {
    const before = await change.rules.find(command.ruleId)
    if (before === undefined) throw ruleNotFound()
    const after = { ...patched(before, command.patch), updatedAt: change.at, updatedBy: command.context.actor }
    if (same(before, after)) return { rule: before, version: change.operator.version }
    await routingRuleConflictChecker(change.rules, [after], { except: before.ruleId })
    const history = {
      action: 'routing-rule.update',
      resource: { type: 'routing-rule', id: before.ruleId },
      before: ruleValue(before),
      after: ruleValue(after),
    } as const
    const { version } = await write(() => change.rules.update(after), history)
    return { rule: after, version }
  })

function patched(rule: RoutingRule, { mcc, mnc, ...patch }: RoutingRulePatch): RoutingRule {
  const selector = plmnSelector({ mcc: mcc === undefined ? rule.mcc : mcc, mnc: mnc === undefined ? rule.mnc : mnc })
  return { ...rule, ...patch, ...selector }
}

const same = (a: RoutingRule, b: RoutingRule): boolean => JSON.stringify(ruleValue(a)) === JSON.stringify(ruleValue(b))
