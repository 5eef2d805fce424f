import { digitsOf, type Network, selectorsOf } from './destination.ts'
import type { HealthState, Operator, RoutingRule } from './operator.ts'
import { appendCandidates, type RouteCandidate } from './route-order.ts'
import { createRuleIndex } from './rule-index.ts'

export type { Network, RouteCandidate }

export type RoutingTable = Readonly<{
  /**
   * The operator as it is now, undefined when it is gone. Only what differs from before is changed; an operator that was
   * put must not be altered.
   */
  put(operatorId: string, operator: Operator | undefined): void
  /**
   * All rules that take a message to `to` (E.164, with or without its +), the preferred one first, in the published order:
   * longest prefix; most specific network; HEALTHY, DEGRADED, UNKNOWN; lowest priority; lowest cost, where all that are
   * still tied have one currency; highest weight; operatorId; ruleId. Only active rules of ACTIVE operators that are not
   * UNHEALTHY. Without a network, only rules without a selector. Throws a TypeError that names what is malformed.
   */
  route(to: string, network: Network, healthOf: (operatorId: string) => HealthState): readonly RouteCandidate[]
}>

/** A routing table without rules. */
export function createRoutingTable(index = createRuleIndex()): RoutingTable {
  const placed = new Map<string, readonly RoutingRule[]>()

  return {
    put(operatorId, operator) {
      const before = new Map(placed.get(operatorId)?.map((rule) => [rule.ruleId, rule]))
      const rules = operator?.status === 'ACTIVE' ? operator.rules.filter(({ active }) => active) : []
      if (rules.length === 0) placed.delete(operatorId)
      else placed.set(operatorId, rules)

      for (const rule of rules) {
        const was = before.get(rule.ruleId)
        before.delete(rule.ruleId)
        if (was === undefined) index.add(rule)
        else if (was !== rule) index.replace(was, rule)
      }
      for (const gone of before.values()) index.remove(gone)
    },

    route(to, network, healthOf) {
      const candidates: RouteCandidate[] = []
      index.visit(digitsOf(to), selectorsOf(network), (rules) => appendCandidates(candidates, rules, healthOf))
      return candidates
    },
  }
}
