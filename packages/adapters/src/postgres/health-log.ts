import { type HealthLog, type HealthTransition, microsOfDate, type OperatorId } from '@oms/domain'
import { and, desc, eq, gte, lt, lte, sql } from 'drizzle-orm'
import type { Db } from './db.ts'
import { operatorHealthLog } from './schema.ts'
import { textOfMicros } from './timestamps.ts'

export const createHealthLog = ({ drizzle, run }: Db): HealthLog => ({
  list: ({ operatorId, from, until, after, limit }) =>
    run('select', async () => {
      const { receivedAt, transition } = operatorHealthLog
      const rows = await drizzle
        .select()
        .from(operatorHealthLog)
        .where(
          and(
            eq(operatorHealthLog.operatorId, operatorId),
            from && gte(receivedAt, microsOfDate(from)),
            until && lt(receivedAt, microsOfDate(until)),
            // Said alone as well, for no partition is left out by the comparison of two columns.
            after && lte(receivedAt, after.at),
            after &&
              sql`(${receivedAt}, ${transition}) < (${textOfMicros(after.at)}::timestamptz, ${after.transition}::bigint)`,
          ),
        )
        .orderBy(desc(receivedAt), desc(transition))
        .limit(limit + 1)
        .prepare('list_health_log')
        .execute()
      const transitions = rows.slice(0, limit).map(toTransition)
      const last = rows.length > limit ? transitions.at(-1) : undefined
      return { transitions, next: last ? { at: last.at, transition: last.transition } : null }
    }),
})

const toTransition = ({ operatorId, receivedAt, ...row }: typeof operatorHealthLog.$inferSelect): HealthTransition => ({
  ...row,
  operatorId: operatorId as OperatorId,
  at: receivedAt,
})
