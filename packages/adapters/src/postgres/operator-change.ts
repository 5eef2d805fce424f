import type { IdempotencyClaim, Operator, OperatorChange } from '@oms/domain'
import { eq, sql } from 'drizzle-orm'
import type { Db, Tx } from './db.ts'
import { keepAnswer } from './idempotency-keys.ts'
import { settingsRow, stateRow } from './operator-rows.ts'
import { writeRecord } from './recorded-change.ts'
import { routingRuleChanges, type Writing } from './routing-rule-changes.ts'
import { credentialCleanup, operators } from './schema.ts'

/** The row as it was locked, PostgreSQL's time, and the claim that was made before. */
type Locked = Readonly<{ operator: Operator; at: Date; claim: IdempotencyClaim | undefined }>

/** What the work of `OperatorRepository.change` may do in its transaction. `wrote` tells whether it, or a claim, did. */
export function operatorChange(
  db: Db,
  tx: Tx,
  { operator, at, claim }: Locked,
): Readonly<{ change: OperatorChange; wrote: () => boolean }> {
  const { operatorId } = operator
  let wrote = claim !== undefined
  const writing: Writing = (operation, work) => {
    wrote = true
    return db.run(operation, work)
  }
  const change: OperatorChange = {
    operator,
    at,
    save: (next) =>
      writing('update', async () => {
        await tx
          .update(operators)
          .set(settingsRow(next))
          .where(eq(operators.operatorId, operatorId))
          .prepare('save_operator')
          .execute()
      }),
    scheduleCredentialsRemoval: (days) =>
      writing('insert', async () => {
        const dueAt = sql`now() + make_interval(days => ${days}::integer)`
        await tx
          .insert(credentialCleanup)
          .values({ operatorId, reason: 'deleted', dueAt })
          .onConflictDoUpdate({ target: credentialCleanup.operatorId, set: { reason: 'deleted', dueAt, sweeps: 0 } })
      }),
    rules: routingRuleChanges(db, tx, { operatorId, writing }),
    record: (next, recorded) =>
      writing('update', async () => {
        await tx
          .update(operators)
          .set(stateRow(next))
          .where(eq(operators.operatorId, operatorId))
          .prepare('record_operator')
          .execute()
        await writeRecord(tx, recorded)
      }),
    keepAnswer: (answer) =>
      writing('update', async () => {
        const kept = claim !== undefined && (await keepAnswer(tx, claim, { answer, operatorId: null }))
        if (!kept) throw new TypeError('an answer was to be kept without a claim')
      }),
  }
  return { change, wrote: () => wrote }
}
