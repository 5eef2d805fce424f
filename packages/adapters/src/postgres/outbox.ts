import type { EventSubject, OperatorId, Outbox, PendingEvent } from '@oms/domain'
import { and, asc, eq, isNull, sql } from 'drizzle-orm'
import { anyOfLiteral, arrayLiteral } from './any-of.ts'
import type { Db } from './db.ts'
import { outbox } from './schema.ts'

/** Rows that one DELETE takes, so that none runs into the time-out of a statement. */
const PRUNE_BATCH = 5_000

export function createOutbox({ drizzle, run }: Db): Outbox {
  const pending = drizzle
    .select()
    .from(outbox)
    .where(and(isNull(outbox.publishedAt), isNull(outbox.parkedAt)))
    .orderBy(asc(outbox.id))
    .limit(sql.placeholder('limit'))
    .prepare('pending_events')
  const markPublished = drizzle
    .update(outbox)
    .set({ publishedAt: sql`now()` })
    .where(anyOfLiteral(outbox.id, sql.placeholder('ids'), 'bigint'))
    .prepare('mark_published')

  return {
    pending: (limit) => run('select', async () => (await pending.execute({ limit })).map(toPendingEvent)),

    markPublished: (positions) =>
      run('update', async () => {
        if (positions.length > 0) await markPublished.execute({ ids: arrayLiteral(positions) })
      }),

    park: (position, reason) =>
      run('update', async () => {
        await drizzle
          .update(outbox)
          .set({ parkedAt: sql`now()`, error: reason })
          .where(eq(outbox.id, BigInt(position)))
      }),

    backlog: () =>
      run('select', async () => {
        const [row] = await drizzle.execute<{ depth: string; age: number; parked: string }>(sql`
          select
            (select count(*) from ${outbox} where published_at is null and parked_at is null) as depth,
            (select coalesce(extract(epoch from clock_timestamp() - min(created_at)), 0)::double precision
               from (select created_at from ${outbox} where published_at is null and parked_at is null
                     order by id limit 1) oldest) as age,
            (select count(*) from ${outbox} where parked_at is not null) as parked`)
        return {
          depth: Number(row?.depth),
          oldestAgeSeconds: Math.max(0, Number(row?.age)),
          parked: Number(row?.parked),
        }
      }),

    prune: (days) =>
      run('delete', async () => {
        let pruned = 0
        for (let batch = PRUNE_BATCH; batch === PRUNE_BATCH; pruned += batch) {
          const deleted = await drizzle.execute(sql`
            delete from ${outbox} where id in (
              select id from ${outbox}
              where published_at <= now() - make_interval(days => ${days}::integer)
              order by published_at limit ${PRUNE_BATCH})
            returning 1`)
          batch = deleted.length
        }
        return pruned
      }),
  }
}

const toPendingEvent = (row: typeof outbox.$inferSelect): PendingEvent => ({
  position: String(row.id),
  eventId: row.eventId,
  operatorId: row.operatorId as OperatorId,
  subject: row.subject as EventSubject,
  payload: row.payload,
  traceparent: row.traceparent,
  committedAt: row.createdAt,
})
