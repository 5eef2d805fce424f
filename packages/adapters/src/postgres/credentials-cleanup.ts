import type { CredentialsCleanup, OperatorId } from '@oms/domain'
import { and, asc, eq, lte, sql } from 'drizzle-orm'
import type { Db } from './db.ts'
import { dropClaimOf } from './idempotency-keys.ts'
import { credentialCleanup, operators } from './schema.ts'

const RETRY_SECONDS = 30

/** `destroy` refused: everything is rolled back, then the row is put off. */
class NotDestroyed extends Error {
  readonly operatorId: string

  constructor(operatorId: string, cause: unknown) {
    super('the secret was not destroyed', { cause })
    this.operatorId = operatorId
  }
}

export function createCredentialsCleanup({ drizzle, run }: Db): CredentialsCleanup {
  const dueIn = (seconds: number) => sql`now() + make_interval(secs => ${seconds}::double precision)`

  const processNext: CredentialsCleanup['processNext'] = (againAfterSeconds, destroy) =>
    drizzle.transaction(async (tx) => {
      const [due] = await tx
        .select({ operatorId: credentialCleanup.operatorId, sweeps: credentialCleanup.sweeps })
        .from(credentialCleanup)
        .where(lte(credentialCleanup.dueAt, sql`now()`))
        .orderBy(asc(credentialCleanup.dueAt))
        .limit(1)
        .for('update', { skipLocked: true })
      if (due === undefined) return false
      const { operatorId, sweeps } = due
      await tx.delete(operators).where(and(eq(operators.operatorId, operatorId), eq(operators.provisioning, 'PENDING')))
      await dropClaimOf(tx, operatorId)
      try {
        await destroy({ operatorId: operatorId as OperatorId, firstPass: sweeps === 0 })
      } catch (error) {
        throw new NotDestroyed(operatorId, error)
      }
      const row = eq(credentialCleanup.operatorId, operatorId)
      if (sweeps === 0) {
        // From now on, not from when the transaction began.
        const dueAt = sql`clock_timestamp() + make_interval(secs => ${againAfterSeconds}::double precision)`
        await tx.update(credentialCleanup).set({ sweeps: 1, dueAt }).where(row)
      } else {
        await tx.delete(credentialCleanup).where(row)
      }
      return true
    })

  return {
    processNext: (againAfterSeconds, destroy) =>
      run('update', async () => {
        try {
          return await processNext(againAfterSeconds, destroy)
        } catch (error) {
          if (!(error instanceof NotDestroyed)) throw error
          const late = and(eq(credentialCleanup.operatorId, error.operatorId), lte(credentialCleanup.dueAt, sql`now()`))
          await drizzle
            .update(credentialCleanup)
            .set({ dueAt: dueIn(RETRY_SECONDS) })
            .where(late)
          return true
        }
      }),
  }
}
