import { setTimeout as sleep } from 'node:timers/promises'
import type { NatsConnection } from 'nats'
import { composedRate } from '../composed.ts'
import { judge, type Result } from '../result.ts'
import { measureRounds } from '../rounds.ts'
import type { Tools } from '../suite.ts'
import { BATCH, prepareIngestSteps, type Stretch } from './ingest-steps.ts'
import type { Ingestor } from './ingestor.ts'
import { backlogOf, publishReports } from './reports.ts'

const REPORTS = 20_000
const QUICK_REPORTS = 10_000

/** Publishes reports, and resolves with how many of them per second the ingestor takes in. */
export async function ingestStretch(
  nats: NatsConnection,
  { quick }: Pick<Tools, 'quick'>,
  onPublished: (stretch: Stretch) => void = () => {},
): Promise<() => Promise<number>> {
  const backlog = await backlogOf(nats)
  return async () => {
    onPublished(await publishReports(nats, quick ? QUICK_REPORTS : REPORTS))
    const since = performance.now()
    // The first of them were taken while the last were still being published.
    const reports = await backlog.left()
    while ((await backlog.left()) > 0) await sleep(5)
    return reports / ((performance.now() - since) / 1_000)
  }
}

/** Reports per second of the process, against its steps one after the other, each bare. */
export async function measureIngest(
  { service, nats }: Ingestor,
  tools: Tools,
): Promise<Readonly<{ result: Result; note: string }>> {
  const { opened, tell } = tools
  const steps = await prepareIngestSteps(opened, { nats, sql: service.sql, redisUrl: service.redis.url })
  let latest: Stretch = { first: 1, last: 1 }
  const ingest = await ingestStretch(nats, tools, (published) => (latest = published))

  tell.now('health ingest: warming up, then rounds')
  // Compiles what is hot, and gives each operator its row.
  for (let turn = 0; turn < 2; turn++) await ingest()
  for (const step of Object.values(steps)) await step(latest)
  const [ours = [], consumed = [], upserted = [], set = []] = await measureRounds(
    [ingest, () => steps.consumeAndAck(latest), () => steps.batchedUpsert(latest), () => steps.pipelinedSet(latest)],
    tools,
  )
  const composed = composedRate(
    [
      { name: 'consume and ack', figures: consumed },
      { name: `upsert of ${BATCH} rows`, figures: upserted },
      { name: `pipeline of ${BATCH} SET EX`, figures: set },
    ],
    'reports/s',
  )
  const goal = { name: 'health ingest ÷ composed path', unit: 'reports/s', bound: 'at least', goal: 0.8 } as const
  return { result: judge(goal, { ours, baseline: composed.baseline }), note: `health ingest: ${composed.note}` }
}
