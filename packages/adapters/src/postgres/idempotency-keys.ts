import {
  IDEMPOTENCY_HOURS,
  type IdempotencyClaim,
  type IdempotencyKeys,
  IdempotencyKeyTaken,
  type OperatorId,
  type StoredAnswer,
} from '@oms/domain'
import { and, eq, gt, sql } from 'drizzle-orm'
import type { Db, Tx } from './db.ts'
import { idempotencyKeys } from './schema.ts'

/** Rows that one DELETE takes, so that none runs into the time-out of a statement. */
const PRUNE_BATCH = 5_000
const oldest = sql.raw(`now() - interval '${IDEMPOTENCY_HOURS} hours'`)

export function createIdempotencyKeys({ drizzle, run }: Db): IdempotencyKeys {
  const findOne = drizzle
    .select({ fingerprint: idempotencyKeys.fingerprint, answer: idempotencyKeys.answer })
    .from(idempotencyKeys)
    .where(
      and(
        eq(idempotencyKeys.subject, sql.placeholder('subject')),
        eq(idempotencyKeys.key, sql.placeholder('key')),
        gt(idempotencyKeys.createdAt, oldest),
      ),
    )
    .prepare('find_key')

  return {
    find: ({ subject, key }) =>
      run('select', async () => {
        const [row] = await findOne.execute({ subject, key })
        return row
      }),

    prune: () =>
      run('delete', async () => {
        let pruned = 0
        for (let batch = PRUNE_BATCH; batch === PRUNE_BATCH; pruned += batch) {
          // One that is just being taken over is not old any more.
          const deleted = await drizzle.execute(sql`
            delete from ${idempotencyKeys} where (subject, key) in (
              select subject, key from ${idempotencyKeys} where created_at <= ${oldest}
              order by created_at limit ${PRUNE_BATCH} for update skip locked)
            returning 1`)
          batch = deleted.length
        }
        return pruned
      }),
  }
}

/**
 * Writes the claim, in the place of one that is too old, or rejects with IdempotencyKeyTaken. The lock makes a second
 * transaction with the same claim end at once where the unique index would let it wait for the first one's COMMIT.
 */
export async function claimKey(
  tx: Tx,
  { subject, key, fingerprint }: IdempotencyClaim,
  operatorId: OperatorId | null,
): Promise<void> {
  const claimed = await tx.execute(sql`
    insert into ${idempotencyKeys} as held (subject, key, fingerprint, state, operator_id, created_at)
    select ${subject}, ${key}, ${fingerprint}, 'RUNNING', ${operatorId}, now()
    where pg_try_advisory_xact_lock(hashtextextended(${key}, hashtextextended(${subject}, 0)))
    on conflict (subject, key) do update set
      fingerprint = excluded.fingerprint, state = excluded.state, operator_id = excluded.operator_id, answer = null,
      created_at = excluded.created_at
    where held.created_at <= ${oldest}
    returning 1`)
  if (claimed.length === 0) throw new IdempotencyKeyTaken('another request has this idempotency key')
}

/** The answer under a claim that is RUNNING, of that operator's create where one is named; false when there is none. */
export async function keepAnswer(
  tx: Tx,
  { subject, key }: IdempotencyClaim,
  kept: Readonly<{ answer: StoredAnswer; operatorId: OperatorId | null }>,
): Promise<boolean> {
  const done = await tx
    .update(idempotencyKeys)
    .set({ state: 'DONE', answer: kept.answer })
    .where(
      and(
        eq(idempotencyKeys.subject, subject),
        eq(idempotencyKeys.key, key),
        eq(idempotencyKeys.state, 'RUNNING'),
        sql`${idempotencyKeys.operatorId} is not distinct from ${kept.operatorId}`,
      ),
    )
    .returning({ key: idempotencyKeys.key })
    .prepare('keep_answer')
    .execute()
  return done.length === 1
}

/** Gives up the claim of a create that did not finish. */
export async function dropClaimOf(tx: Tx, operatorId: string): Promise<void> {
  await tx
    .delete(idempotencyKeys)
    .where(and(eq(idempotencyKeys.operatorId, operatorId), eq(idempotencyKeys.state, 'RUNNING')))
}
