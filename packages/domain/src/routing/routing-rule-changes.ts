import type { RoutingRule, RuleSpan } from './routing-rule.ts'

/** The operator's rules by prefix and ruleId while they are few, else their number alone. */
export type RuleInventory = Readonly<{ count: number; rules: readonly RoutingRule[] | null }>

/**
 * The rules of one operator within a transaction that holds its row lock. What is written here keeps the table of
 * destination prefixes in step. `insert` and `update` reject with PREFIX_CONFLICT, without naming the rules, where the
 * database found an overlap that no check had seen.
 */
export type RoutingRuleChanges = Readonly<{
  find(ruleId: string): Promise<RoutingRule | undefined>
  /**
   * Active rules whose prefix and networks overlap one of the `spans`: equal prefixes whatever they allow, nested ones
   * only where neither side allows it; each once, `except` left out. For each span that overlaps any rule one at least is
   * there, whatever the `limit`, and all are while they are fewer: no more are returned than `limit` or the number of
   * spans, whichever is greater. The cost does not grow with the rules.
   */
  overlapping(spans: readonly RuleSpan[], limit: number, except?: string): Promise<readonly RoutingRule[]>
  /** `rules` is null above `limit`. */
  inventory(limit: number): Promise<RuleInventory>
  insert(rules: readonly RoutingRule[]): Promise<void>
  update(rule: RoutingRule): Promise<void>
  remove(ruleId: string): Promise<void>
}>
