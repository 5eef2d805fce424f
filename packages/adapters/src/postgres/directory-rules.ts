import type { OperatorId, RoutingRule } from '@oms/domain'
import { and, asc, eq, sql } from 'drizzle-orm'
import { anyOf } from './any-of.ts'
import type { Tx } from './db.ts'
import { type RawRule, rawRuleColumns, rawToRule, toRule } from './routing-rule-rows.ts'
import { routingRules } from './schema.ts'

/** Rules that one statement reads: none runs into its time-out, and a page is garbage before it counts as old. */
const PAGE = 2_000

type Counted = Readonly<{ operator: Readonly<{ operatorId: string; routingRuleCount: number }> }>

/** All rules of one operator, by prefix and ruleId. */
export async function rulesOf(reader: Pick<Tx, 'select'>, operatorId: OperatorId): Promise<readonly RoutingRule[]> {
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
  tx: Pick<Tx, 'select' | 'execute'>,
  page: readonly Counted[],
): Promise<ReadonlyMap<OperatorId, readonly RoutingRule[]>> {
  const ids = page.map(({ operator }) => operator.operatorId as OperatorId)
  const [first] = ids
  if (first !== undefined && ids.length === 1) return new Map([[first, await rulesOf(tx, first)]])
  const rows = await tx.execute<RawRule>(sql`
    select ${rawRuleColumns} from ${routingRules}
    where ${anyOf(routingRules.operatorId, ids)}
    order by ${routingRules.prefix}, ${routingRules.ruleId}`)
  return Map.groupBy(rows.map(rawToRule), ({ operatorId }) => operatorId)
}
