import { setTimeout as sleep } from 'node:timers/promises'
import { judge, type Result } from '../result.ts'
import type { Tools } from '../suite.ts'
import { consumeAndAck } from './ingest-steps.ts'
import type { Ingestor } from './ingestor.ts'
import { backlogOf, bindOf, publishReports } from './reports.ts'

const BACKLOG = { full: 1_000_000, quick: 100_000 } as const
/** For a million; less in proportion for less. */
const GOAL_SECONDS = 60

/** Seconds from the first report that is taken of a backlog to the last that is settled, once. */
export async function measureCatchUp(
  { service, nats }: Ingestor,
  { quick, tell }: Tools,
): Promise<Readonly<{ result: Result; faults: readonly string[] }>> {
  const app = service.app('health-ingestor')
  const count = BACKLOG[quick ? 'quick' : 'full']
  const reports = count.toLocaleString('en')
  const backlog = await backlogOf(nats)
  await app.stop()
  tell.now(`a backlog of ${reports} reports: published while nobody reads`)
  const stretch = await publishReports(nats, count, {
    bind: bindOf,
    told: (published) => tell.still(`${published.toLocaleString('en')} of ${reports} reports`),
  })
  const starting = app.start()
  while ((await backlog.taken()) < stretch.first) await sleep(5)
  const since = performance.now()
  for (let left: number = count; left > 0; left = await backlog.left()) {
    tell.still(`${left.toLocaleString('en')} of ${reports} reports left`)
    await sleep(20)
  }
  const seconds = (performance.now() - since) / 1_000
  await starting
  const bare = count / (await consumeAndAck(nats, stretch))
  const [row] = await service.sql<{ last: number }[]>`
    SELECT max(last_stream_seq)::integer AS last FROM ops.operator_health`
  const goal = (GOAL_SECONDS * count) / BACKLOG.full
  return {
    result: judge(
      { name: `backlog of ${reports} reports until current`, unit: 's', bound: 'at most', goal, absolute: true },
      { ours: [seconds], baseline: [bare] },
      ['once', 'baseline: consume and ack'],
    ),
    faults: row?.last === stretch.last ? [] : [`backlog: settled, but the last report counted is ${row?.last}`],
  }
}
