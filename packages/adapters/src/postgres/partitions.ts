import { sql } from 'drizzle-orm'
import type { Db } from './db.ts'

/** The months of the health log. Both reject with DEPENDENCY_UNAVAILABLE. */
export type Partitions = Readonly<{
  /** Makes last month's, this month's and the next three months' partitions; drops those older than 13 months. */
  ensure(): Promise<void>
  /** Whole months after this one that can be written; -1 when the current month is missing. */
  monthsAhead(): Promise<number>
}>

export const createPartitions = ({ drizzle, run }: Db): Partitions => ({
  ensure: () =>
    run('maintain', async () => {
      await drizzle.execute(sql`select ops.ensure_partitions()`)
    }),
  monthsAhead: () =>
    run('select', async () => {
      const [row] = await drizzle.execute<{ months: number }>(sql`select ops.partition_months_ahead() as months`)
      return Number(row?.months)
    }),
})
