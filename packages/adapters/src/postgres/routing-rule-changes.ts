import type { OperatorId, RoutingRule, RoutingRuleChanges } from '@oms/domain'
import { and, asc, eq, sql } from 'drizzle-orm'
import { inBatches } from './batches.ts'
import type { Db, Operation, Tx } from './db.ts'
import { overlappingRules } from './overlapping-rules.ts'
import { ruleSettingsRow, toRecord, toRule } from './routing-rule-rows.ts'
import { operators, routingRules } from './schema.ts'

/** Rules that one INSERT writes, so that none runs into the time-out of a statement, however busy the server is. */
const INSERT_BATCH = 500

/** Runs a statement that writes, its errors translated. */
export type Writing = (operation: Operation, work: () => Promise<void>) => Promise<void>

/** One operator's rules in the transaction that holds its row lock. Triggers keep what follows from them. */
export function routingRuleChanges(
  { run }: Pick<Db, 'run'>,
  tx: Tx,
  { operatorId, writing }: Readonly<{ operatorId: OperatorId; writing: Writing }>,
): RoutingRuleChanges {
  const isMeant = (ruleId: string) => and(eq(routingRules.ruleId, ruleId), eq(routingRules.operatorId, operatorId))
  return {
    find: (ruleId) =>
      run('select', async () => {
        const [row] = await tx.select().from(routingRules).where(isMeant(ruleId)).prepare('find_own_rule').execute()
        return row && toRule(row)
      }),

    overlapping: (spans, limit, except) =>
      run('select', () => overlappingRules(tx, { operatorId, spans, limit, except })),

    inventory: (limit) =>
      run('select', async () => {
        const rows = await tx
          .select()
          .from(routingRules)
          .where(eq(routingRules.operatorId, operatorId))
          .orderBy(asc(routingRules.prefix), asc(routingRules.ruleId))
          .limit(limit + 1)
          .prepare('rule_inventory')
          .execute()
        if (rows.length <= limit) return { count: rows.length, rules: rows.map(toRule) }
        const [counted] = await tx
          .select({ count: operators.routingRuleCount })
          .from(operators)
          .where(eq(operators.operatorId, operatorId))
          .prepare('rule_count')
          .execute()
        if (counted === undefined) throw new TypeError('the locked operator is not there')
        return { count: counted.count, rules: null }
      }),

    insert: (rules) =>
      writing('insert', async () => {
        for (const batch of inBatches(rules, INSERT_BATCH)) await tx.execute(insertRules(operatorId, batch))
      }),

    update: (rule) =>
      writing('update', async () => {
        await tx
          .update(routingRules)
          .set(ruleSettingsRow(rule))
          .where(isMeant(rule.ruleId))
          .prepare('update_rule')
          .execute()
      }),

    remove: (ruleId) =>
      writing('delete', async () => {
        await tx.delete(routingRules).where(isMeant(ruleId)).prepare('delete_rule').execute()
      }),
  }
}

const insertRules = (operatorId: OperatorId, rules: readonly RoutingRule[]) => sql`
  insert into ${routingRules} (rule_id, operator_id, prefix, mcc, mnc, priority, weight, cost_per_segment, currency,
    active, allow_nested, created_at, created_by, updated_at, updated_by)
  select rule_id, ${operatorId}, prefix, mcc, mnc, priority, weight, cost_per_segment, currency,
    active, allow_nested, created_at, created_by, updated_at, updated_by
  from jsonb_to_recordset(${JSON.stringify(rules.map(toRecord))}::jsonb) as added (
    rule_id uuid, prefix text, mcc text, mnc text, priority integer, weight integer, cost_per_segment numeric,
    currency text, active boolean, allow_nested boolean, created_at timestamptz, created_by text,
    updated_at timestamptz, updated_by text)`
