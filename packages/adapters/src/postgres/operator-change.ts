import type { Operator, OperatorChange } from '@oms/domain'
import { eq, sql } from 'drizzle-orm'
import type { Db, Tx } from './db.ts'
import { settingsRow, stateRow } from './operator-rows.ts'
import { writeRecord } from './recorded-change.ts'
import { credentialCleanup, operators } from './schema.ts'

/** What the work of `OperatorRepository.change` may do in its transaction. `wrote` tells whether it did. */
export function operatorChange(
  db: Db,
  tx: Tx,
  locked: Readonly<{ operator: Operator; at: Date }>,
): Readonly<{ change: OperatorChange; wrote: () => boolean }> {
  const { operatorId } = locked.operator
  let wrote = false
  const writing = <T>(operation: 'insert' | 'update', work: () => Promise<T>): Promise<T> => {
    wrote = true
    return db.run(operation, work)
  }
  const change: OperatorChange = {
    ...locked,
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
  }
  return { change, wrote: () => wrote }
}
