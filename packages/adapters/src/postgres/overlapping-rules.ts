import type { OperatorId, RoutingRule, RuleSpan } from '@oms/domain'
import { sql } from 'drizzle-orm'
import { inBatches } from './batches.ts'
import type { Tx } from './db.ts'
import { toRule } from './routing-rule-rows.ts'
import { routingRules } from './schema.ts'

/** Spans that one statement looks for, so that none runs into its time-out. */
const SPANS_AT_ONCE = 1_000
/** Pairs that a statement looks at: a bulk in which everything overlaps everything must not multiply. */
const PAIRS_AT_MOST = 100_000

type OverlapQuery = Readonly<{
  operatorId: OperatorId
  spans: readonly RuleSpan[]
  limit: number
  except: string | undefined
}>

/** Active rules of the operator that overlap one of the spans, each once. */
export async function overlappingRules(
  tx: Tx,
  { spans, limit, ...query }: OverlapQuery,
): Promise<readonly RoutingRule[]> {
  const found = new Map<string, RoutingRule>()
  for (const batch of inBatches(spans, SPANS_AT_ONCE)) {
    if (found.size >= limit) break
    for (const rule of await overlapping(tx, { ...query, spans: batch, limit })) found.set(rule.ruleId, rule)
  }
  return [...found.values()].slice(0, limit)
}

/**
 * Each span asks the index of either exclusion constraint, in its own words, collation included: any other index would go
 * through all rules of the operator, or of the prefix. LIMITs keep the subqueries apart, and an array is always looked up
 * by the primary key, so that no estimate leads to reading the table.
 */
async function overlapping(
  tx: Tx,
  { operatorId, spans, limit, except }: OverlapQuery,
): Promise<readonly RoutingRule[]> {
  const isCandidate = sql`r.plmn && asked.plmn and r.active and r.rule_id is distinct from ${except ?? null}::uuid`
  const rows = await tx
    .select()
    .from(routingRules)
    .where(
      sql`${routingRules.ruleId} = any(array(
        with asked as materialized (
          select substr(prefix, 2)::bigint as number, ops.prefix_span(prefix) as span, ops.plmn_span(mcc, mnc) as plmn,
            allow_nested
          from jsonb_to_recordset(${JSON.stringify(spans.map(toAsked))}::jsonb)
            as asked (prefix text, mcc text, mnc text, allow_nested boolean))
        select distinct rule_id from (
          (select equal.rule_id from asked cross join lateral (
            select r.rule_id from ${routingRules} r
            where substr(r.prefix, 2)::bigint = asked.number and r.operator_id = ${operatorId} collate "POSIX"
              and ${isCandidate}
            limit ${limit}) equal limit ${PAIRS_AT_MOST})
          union all
          (select nested.rule_id from asked cross join lateral (
            select r.rule_id from ${routingRules} r
            where hashtextextended(r.operator_id, 0) = hashtextextended(${operatorId}, 0)
              and r.operator_id = ${operatorId} collate "C" and r.span && asked.span and not r.allow_nested
              and ${isCandidate}
            limit ${limit}) nested where not asked.allow_nested limit ${PAIRS_AT_MOST})
        ) pairs limit ${limit}))`,
    )
    .prepare('overlapping_rules')
    .execute()
  return rows.map(toRule)
}

const toAsked = ({ prefix, mcc, mnc, allowNested }: RuleSpan) => ({ prefix, mcc, mnc, allow_nested: allowNested })
