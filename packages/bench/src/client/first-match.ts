import type { Operator, RoutingRule } from '@oms/client'

/** Jasmin's shape: all rules in one list, the preferred ones first, read until one matches. */
export function firstMatchList(operators: readonly Operator[]): (to: string) => RoutingRule | undefined {
  const rules = operators
    .flatMap((operator) => operator.rules)
    .toSorted((a, b) => b.prefix.length - a.prefix.length || a.priority - b.priority)
  return (to) => {
    for (const rule of rules) if (to.startsWith(rule.prefix)) return rule
    return undefined
  }
}
