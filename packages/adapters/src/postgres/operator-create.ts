import type {
  IdempotencyClaim,
  KeptAnswer,
  Operator,
  OperatorId,
  ProvisionalOperator,
  RecordedChange,
} from '@oms/domain'
import { and, eq, exists, sql } from 'drizzle-orm'
import type { Db } from './db.ts'
import { claimKey, dropClaimOf, keepAnswer } from './idempotency-keys.ts'
import { settingsRow, stateRow } from './operator-rows.ts'
import { writeRecord } from './recorded-change.ts'
import { retrySerialization } from './retry.ts'
import { credentialCleanup, operators } from './schema.ts'

const RETRY_FOR_MS = 5_000

type ProvisionalInsert = Readonly<{
  operator: ProvisionalOperator
  cleanupAfterSeconds: number
  claim: IdempotencyClaim | undefined
}>

/** Only INSERTs, so that the unique indexes alone decide between two creates. */
export const insertProvisional = (
  { serializable }: Db,
  { operator, cleanupAfterSeconds, claim }: ProvisionalInsert,
): Promise<Date> =>
  retrySerialization(RETRY_FOR_MS, () =>
    serializable.transaction(async (tx) => {
      // To the millisecond, which is what every later state of the row is read and written with.
      const now = sql`date_trunc('milliseconds', now())`
      const { operatorId, createdBy } = operator
      if (claim !== undefined) await claimKey(tx, claim, operatorId)
      const inserted = tx
        .insert(operators)
        .values({
          ...settingsRow(operator),
          operatorId,
          provisioning: 'PENDING',
          credentialsVersion: 0,
          version: 0,
          createdAt: now,
          createdBy,
          updatedAt: now,
          updatedBy: createdBy,
        })
        .returning({ createdAt: operators.createdAt })
        .prepare('insert_provisional')
        .execute()
      const cleanup = tx
        .insert(credentialCleanup)
        .values({ operatorId, reason: 'provisional', dueAt: dueIn(cleanupAfterSeconds) })
        .prepare('insert_cleanup')
        .execute()
      // Both travel at once; the first that the server refuses is what the caller hears of.
      const [[row]] = await Promise.all([inserted, cleanup])
      if (row === undefined) throw new TypeError('INSERT returned no row')
      return row.createdAt
    }),
  )

const dueIn = (seconds: number) => sql`now() + make_interval(secs => ${seconds}::double precision)`

class CleanedUp extends Error {}

/** The clean-up row is deleted first: whoever has its lock, the sweeper or this create, decides. */
export async function complete(
  { drizzle }: Db,
  operator: Operator,
  { change, kept }: Readonly<{ change: RecordedChange; kept: KeptAnswer | undefined }>,
): Promise<boolean> {
  const { operatorId } = operator
  try {
    await drizzle.transaction(async (tx) => {
      const cancelling = tx
        .delete(credentialCleanup)
        .where(eq(credentialCleanup.operatorId, operatorId))
        .returning({ operatorId: credentialCleanup.operatorId })
        .prepare('cancel_cleanup')
        .execute()
      const completing = tx
        .update(operators)
        .set({ ...stateRow(operator), provisioning: 'READY' })
        .where(and(eq(operators.operatorId, operatorId), eq(operators.provisioning, 'PENDING')))
        .returning({ operatorId: operators.operatorId })
        .prepare('complete_operator')
        .execute()
      const answering = kept === undefined || keepAnswer(tx, kept.claim, { answer: kept.answer, operatorId })
      // All travel at once, in this order; what was cleaned up meanwhile takes the record with it.
      const [cancelled, completed, answered] = await Promise.all([
        cancelling,
        completing,
        answering,
        writeRecord(tx, change),
      ])
      if (cancelled.length !== 1 || completed.length !== 1 || !answered) throw new CleanedUp()
    })
    return true
  } catch (error) {
    if (error instanceof CleanedUp) return false
    throw error
  }
}

/** The clean-up row first here too, as everywhere, against deadlocks. */
export const abandon = ({ drizzle }: Db, operatorId: OperatorId): Promise<void> =>
  drizzle.transaction(async (tx) => {
    const isPending = and(eq(operators.operatorId, operatorId), eq(operators.provisioning, 'PENDING'))
    const pending = tx.select({ one: sql`1` }).from(operators).where(isPending)
    await tx
      .update(credentialCleanup)
      .set({ dueAt: sql`now()`, reason: 'abandoned' })
      .where(and(eq(credentialCleanup.operatorId, operatorId), exists(pending)))
    const deleted = await tx.delete(operators).where(isPending).returning({ operatorId: operators.operatorId })
    if (deleted.length > 0) await dropClaimOf(tx, operatorId)
  })
