import { DomainError } from '../errors.ts'
import { getOperator } from '../operator/get-operator.ts'
import type { OperatorId } from '../operator/operator-id.ts'
import type { OperatorRepository } from '../operator/operator-repository.ts'
import { UUID } from '../uuid.ts'
import type { Versioned } from './change-routing-rules.ts'
import type { RoutingRule } from './routing-rule.ts'
import type { RoutingRuleQuery, RoutingRules } from './routing-rules.ts'

type Ports = Readonly<{
  operators: Pick<OperatorRepository, 'find'>
  routingRules: Pick<RoutingRules, 'find' | 'list'>
}>

/** An id from outside. One that cannot be an id names no rule, so it rejects with ROUTING_RULE_NOT_FOUND. */
export function ruleIdFrom(raw: string): string {
  if (!UUID.test(raw)) throw ruleNotFound()
  return raw
}

/**
 * A rule of a live operator. Rejects with OPERATOR_NOT_FOUND, ROUTING_RULE_NOT_FOUND. The version is read first: a change
 * in between makes it too old, which If-Match notices, never too new.
 */
export async function getRoutingRule(
  ports: Ports,
  operatorId: OperatorId,
  ruleId: string,
): Promise<Versioned<{ rule: RoutingRule }>> {
  const { operator } = await getOperator(ports, operatorId)
  const rule = await ports.routingRules.find(operatorId, ruleId)
  if (rule === undefined) throw ruleNotFound()
  return { rule, version: operator.version }
}

/** A page of a live operator's rules, with the version as in `getRoutingRule`. Rejects with OPERATOR_NOT_FOUND. */
export async function listRoutingRules(
  ports: Ports,
  query: RoutingRuleQuery,
): Promise<Versioned<{ rules: readonly RoutingRule[]; total: number }>> {
  const { operator } = await getOperator(ports, query.operatorId)
  return { ...(await ports.routingRules.list(query)), version: operator.version }
}

export const ruleNotFound = (): DomainError =>
  new DomainError('ROUTING_RULE_NOT_FOUND', 'there is no such routing rule of this operator')
