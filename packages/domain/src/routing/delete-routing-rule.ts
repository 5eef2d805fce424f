import { type ChangeRoutingRulesPorts, changeRoutingRules } from './change-routing-rules.ts'
import { ruleNotFound } from './get-routing-rule.ts'
import type { DeleteRoutingRule } from './routing-rule-commands.ts'
import { ruleValue } from './routing-rule-values.ts'

/**
 * Removes a rule for good; only history knows it afterwards. Returns the operator's version. Rejects with
 * OPERATOR_NOT_FOUND, ROUTING_RULE_NOT_FOUND, VERSION_MISMATCH, DEPENDENCY_UNAVAILABLE.
 */
export const deleteRoutingRule = (ports: ChangeRoutingRulesPorts, command: DeleteRoutingRule): Promise<number> =>
  changeRoutingRules(ports, command, async (change, write) => {
    const rule = await change.rules.find(command.ruleId)
    if (rule === undefined) throw ruleNotFound()
    const history = {
      action: 'routing-rule.delete',
      resource: { type: 'routing-rule', id: rule.ruleId },
      before: ruleValue(rule),
      after: null,
    } as const
    const { version } = await write(() => change.rules.remove(rule.ruleId), history)
    return version
  })
