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

/** Active rules of the operator that overlap one of the spans, each once, as the port says of `limit`. */
export async function overlappingRules(
  tx: Tx,
  { spans, limit, ...query }: OverlapQuery,
): Promise<readonly RoutingRule[]> {
  const found = new Map<string, RoutingRule>()
  const look = async (batch: readonly RuleSpan[], ofEach: number) => {
    const rules = await overlapping(tx, { ...query, spans: batch, limit: Math.max(limit, batch.length), ofEach })
    for (const rule of rules) found.set(rule.ruleId, rule)
  }
  if (spans.length > 1) {
    for (const batch of inBatches(spans, SPANS_AT_ONCE)) await look(batch, 1)
    if (found.size === 0) return []
  }
  const firsts = found.size
  for (const batch of inBatches(spans, SPANS_AT_ONCE)) {
    if (found.size >= limit) break
    await look(batch, limit)
  }
  // Those found first, one of each span, stand in front.
  return [...found.values()].slice(0, Math.max(limit, firsts))
}

/**
 * At most `ofEach` rules of each span. A span asks the index of either exclusion constraint, in its own words, collation
 * included: any other index would go through all rules of the operator, or of the prefix. LIMITs keep the subqueries
 * apart, and an array is always looked up by the primary key, so that no estimate leads to reading the table.
 */
async function overlapping(
  tx: Tx,
  { operatorId, spans, limit, except, ofEach }: OverlapQuery & Readonly<{ ofEach: number }>,
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
          select found.rule_id from asked cross join lateral (
            (select r.rule_id from ${routingRules} r
            where substr(r.prefix, 2)::bigint = asked.number and r.operator_id = ${operatorId} collate "POSIX"
              and ${isCandidate}
            limit ${ofEach})
            union all
            (select r.rule_id from ${routingRules} r
            where hashtextextended(r.operator_id, 0) = hashtextextended(${operatorId}, 0)
              and r.operator_id = ${operatorId} collate "C" and r.span && asked.span and not r.allow_nested
              and not asked.allow_nested and substr(r.prefix, 2)::bigint <> asked.number and ${isCandidate}
            limit ${ofEach})
            limit ${ofEach}) found limit ${PAIRS_AT_MOST}
        ) pairs limit ${limit}))`,
    )
    .prepare('overlapping_rules')
    .execute()
  return rows.map(toRule)
}

const toAsked = ({ prefix, mcc, mnc, allowNested }: RuleSpan) => ({ prefix, mcc, mnc, allow_nested: allowNested })
