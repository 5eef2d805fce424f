import { DomainError } from '../errors.ts'
import type { RoutingRule } from '../routing/routing-rule.ts'
import type { RoutingRuleChanges } from '../routing/routing-rule-changes.ts'
import { overlap } from '../routing/routing-rule-conflict-checker.ts'
import { byPrefix } from './routing-rules.ts'

/** Works on `rules`, which are the transaction's own. */
export function memoryRoutingRuleChanges(rules: Map<string, RoutingRule>): RoutingRuleChanges {
  /** What an exclusion constraint does: it speaks of active rules alone, and never of a rule and itself. */
  const write = (rule: RoutingRule): void => {
    for (const other of rules.values()) {
      if (!rule.active || !other.active || other.ruleId === rule.ruleId || overlap(other, rule) === undefined) continue
      throw new DomainError('PREFIX_CONFLICT', 'the rule overlaps another active rule of this operator')
    }
    rules.set(rule.ruleId, rule)
  }
  return {
    find: async (ruleId) => rules.get(ruleId),

    overlapping: async (spans, limit, except) => {
      const there = [...rules.values()].filter(({ active, ruleId }) => active && ruleId !== except)
      const firsts = new Set(spans.flatMap((span) => there.find((rule) => overlap(rule, span) !== undefined) ?? []))
      const all = there.filter((rule) => spans.some((span) => overlap(rule, span) !== undefined))
      return [...new Set([...firsts, ...all])].slice(0, Math.max(limit, firsts.size))
    },

    inventory: async (limit) => ({
      count: rules.size,
      rules: rules.size > limit ? null : [...rules.values()].toSorted(byPrefix),
    }),

    insert: async (added) => added.forEach(write),

    update: async (rule) => write(rule),

    remove: async (ruleId) => void rules.delete(ruleId),
  }
}
