import type { OperatorId, RoutingRule } from '@oms/domain'
import { and, asc, eq, sql } from 'drizzle-orm'
import { anyOf } from './any-of.ts'
import type { Tx } from './db.ts'
import { toRule } from './routing-rule-rows.ts'
import { routingRules } from './schema.ts'

/** Rules that one statement reads, so that none runs into its time-out. */
const PAGE = 5_000

type Reader = Pick<Tx, 'select'>
type Counted = Readonly<{ operator: Readonly<{ operatorId: string; routingRuleCount: number }> }>

/** All rules of one operator, by prefix and ruleId. */
export async function rulesOf(reader: Reader, operatorId: OperatorId): Promise<readonly RoutingRule[]> {
  const rules: RoutingRule[] = []
  for (;;) {
    const last = rules.at(-1)
    const page = await reader
      .select()
      .from(routingRules)
      .where(
        and(
          eq(routingRules.operatorId, operatorId),
          last && sql`(${routingRules.prefix}, ${routingRules.ruleId}) > (${last.prefix}, ${last.ruleId}::uuid)`,
        ),
      )
      .orderBy(asc(routingRules.prefix), asc(routingRules.ruleId))
      .limit(PAGE)
      .prepare('rules_of_operator')
      .execute()
    for (const row of page) rules.push(toRule(row))
    if (page.length < PAGE) return rules
  }
}

/** Operators in turn, as many at once as a page holds the rules of; one with more stands alone. */
export function* inPages<T extends Counted>(rows: readonly T[]): Generator<readonly T[], void> {
  let page: T[] = []
  let rules = 0
  for (const row of rows) {
    const { routingRuleCount } = row.operator
    if (page.length > 0 && rules + routingRuleCount > PAGE) {
      yield page
      page = []
      rules = 0
    }
    page.push(row)
    rules += routingRuleCount
  }
  if (page.length > 0) yield page
}

/** The rules of a page of operators, each by prefix and ruleId. */
export async function rulesOfPage(
  reader: Reader,
  page: readonly Counted[],
): Promise<ReadonlyMap<OperatorId, readonly RoutingRule[]>> {
  const ids = page.map(({ operator }) => operator.operatorId as OperatorId)
  const [first] = ids
  if (first !== undefined && ids.length === 1) return new Map([[first, await rulesOf(reader, first)]])
  const rows = await reader
    .select()
    .from(routingRules)
    .where(anyOf(routingRules.operatorId, ids))
    .orderBy(asc(routingRules.prefix), asc(routingRules.ruleId))
    .prepare('rules_of_operators')
    .execute()
  return Map.groupBy(rows.map(toRule), ({ operatorId }) => operatorId)
}
