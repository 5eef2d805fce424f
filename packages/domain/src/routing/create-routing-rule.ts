import type { Once } from '../change/idempotency.ts'
import type { OperatorChange } from '../operator/operator-repository.ts'
import { type ChangeRoutingRulesPorts, changeRoutingRules, type Versioned } from './change-routing-rules.ts'
import type { NewRoutingRule, RoutingRule } from './routing-rule.ts'
import type { CreateRoutingRule, CreateRoutingRules, RuleChangeCommand } from './routing-rule-commands.ts'
import { routingRuleConflictChecker } from './routing-rule-conflict-checker.ts'
import { ruleValue } from './routing-rule-values.ts'

export type CreateRoutingRulePorts = ChangeRoutingRulesPorts & Readonly<{ newRuleId: () => string }>

export type CreatedRule = Versioned<{ rule: RoutingRule }>
export type CreatedRules = Versioned<{ rules: readonly RoutingRule[] }>

/**
 * Adds a rule to a live operator. Rejects with OPERATOR_NOT_FOUND, VERSION_MISMATCH, PREFIX_CONFLICT,
 * DEPENDENCY_UNAVAILABLE, and with IdempotencyKeyTaken when it has a claim; nothing has changed then.
 */
export const createRoutingRule = (
  ports: CreateRoutingRulePorts,
  command: CreateRoutingRule & Readonly<{ once?: Once<CreatedRule> | undefined }>,
): Promise<CreatedRule> =>
  changeRoutingRules<CreatedRule>(ports, command, async (change, write) => {
    await routingRuleConflictChecker(change.rules, [command.rule])
    const rule = asked(ports, change, { rule: command.rule, command })
    const history = {
      action: 'routing-rule.create',
      resource: { type: 'routing-rule', id: rule.ruleId },
      before: null,
      after: ruleValue(rule),
    } as const
    const { version } = await write(() => change.rules.insert([rule]), history)
    return { rule, version }
  })

/** Adds all rules or none, in one version with one event. Rejects as `createRoutingRule`, each conflict with its row. */
export const createRoutingRules = (
  ports: CreateRoutingRulePorts,
  command: CreateRoutingRules & Readonly<{ once?: Once<CreatedRules> | undefined }>,
): Promise<CreatedRules> =>
  changeRoutingRules<CreatedRules>(ports, command, async (change, write) => {
    await routingRuleConflictChecker(change.rules, command.rules, { bulk: true })
    const rules = command.rules.map((rule) => asked(ports, change, { rule, command }))
    const history = {
      action: 'routing-rules.create',
      resource: { type: 'routing-rules', id: command.operatorId },
      before: null,
      after: { routingRules: rules.map(ruleValue) },
    } as const
    const { version } = await write(() => change.rules.insert(rules), history)
    return { rules, version }
  })

/** Whether `createRoutingRules` would go through now: rejects as it does, and writes nothing. Returns the version. */
export const checkRoutingRules = (ports: ChangeRoutingRulesPorts, command: CreateRoutingRules): Promise<number> =>
  changeRoutingRules(ports, command, async (change) => {
    await routingRuleConflictChecker(change.rules, command.rules, { bulk: true })
    return change.operator.version
  })

function asked(
  ports: CreateRoutingRulePorts,
  { at }: OperatorChange,
  { rule, command }: Readonly<{ rule: NewRoutingRule; command: RuleChangeCommand }>,
): RoutingRule {
  const { operatorId, context } = command
  const by = { createdAt: at, createdBy: context.actor, updatedAt: at, updatedBy: context.actor }
  return { ...rule, ruleId: ports.newRuleId(), operatorId, ...by }
}
