import { randomUUID } from 'node:crypto'
import { headers, type NatsConnection } from 'nats'
import type { Sql } from 'postgres'
import { setTimeout as sleep } from 'node:timers/promises'
import { judge, type Result } from '../result.ts'
import { measureRounds } from '../rounds.ts'
import type { Tools } from '../suite.ts'
import { type Ingestor, OPERATORS } from './ingestor.ts'

const EVENTS = 20_000
const QUICK_EVENTS = 10_000
/** As many as the relay may have. */
const IN_FLIGHT = 256

export const HEALTH_EVENTS = { stream: 'OPERATOR_HEALTH', subject: 'operator.health.v1' } as const

/** Events per second from their commit to the mark that they were published, against the bare publish of their payloads. */
export async function measureRelay(
  { service: { sql }, nats }: Ingestor,
  tools: Tools,
): Promise<Readonly<{ result: Result; faults: readonly string[] }>> {
  const count = tools.quick ? QUICK_EVENTS : EVENTS
  const { streams } = await nats.jetstreamManager()
  const stored = async (): Promise<number> => (await streams.info(HEALTH_EVENTS.stream)).state.messages
  const faults: string[] = []

  async function relay(): Promise<number> {
    const before = await stored()
    await commitEvents(sql, count)
    const rate = count / (await untilPublished(sql))
    const arrived = (await stored()) - before
    if (arrived !== count) faults.push(`relay: ${count} events committed, ${arrived} in the stream`)
    return rate
  }

  tools.tell.now('relay: warming up, then rounds')
  for (let turn = 0; turn < 2; turn++) await relay()
  await commitEvents(sql, count)
  await untilPublished(sql)
  const rows = await sql<{ payload: string }[]>`SELECT payload::text AS payload FROM ops.outbox ORDER BY id`
  const payloads = rows.map(({ payload }) => new TextEncoder().encode(payload))
  await publishAll(nats, payloads)
  const [ours = [], baseline = []] = await measureRounds([relay, () => publishAll(nats, payloads)], tools)
  const goal = { name: 'relay ÷ pipelined publish', unit: 'events/s', bound: 'at least', goal: 0.7 } as const
  return { result: judge(goal, { ours, baseline }), faults }
}

/** All at once, as after an absence of NATS; two of each operator, one after the other. */
async function commitEvents(sql: Sql, count: number): Promise<void> {
  await sql`TRUNCATE ops.outbox`
  await sql`
    INSERT INTO ops.outbox (event_id, operator_id, subject, payload)
    SELECT event_id, operator_id, ${HEALTH_EVENTS.subject}, json_build_object('schemaVersion', '1', 'eventId', event_id,
      'operatorId', operator_id, 'previousState', 'HEALTHY', 'newState', 'UNHEALTHY', 'errorRate', 1,
      'bindError', 'ESME_RBINDFAIL', 'at', '2026-11-20T12:00:00.000Z', 'transition', 2 + n / ${OPERATORS}::integer)
    FROM generate_series(0, ${count - 1}::integer) n,
      LATERAL (SELECT gen_random_uuid() AS event_id, 'bench-' || n % ${OPERATORS}::integer AS operator_id) made`
}

/** Seconds from the commit, by PostgreSQL's clock alone. */
async function untilPublished(sql: Sql): Promise<number> {
  const isPending = async (): Promise<boolean> =>
    (await sql`SELECT FROM ops.outbox WHERE published_at IS NULL AND parked_at IS NULL LIMIT 1`).length > 0
  while (await isPending()) await sleep(20)
  const [row] = await sql<{ seconds: number }[]>`
    SELECT extract(epoch FROM max(published_at) - max(created_at))::double precision AS seconds FROM ops.outbox`
  return row?.seconds ?? Number.NaN
}

async function publishAll(nats: NatsConnection, payloads: readonly Uint8Array[]): Promise<number> {
  const jetstream = nats.jetstream()
  const left = payloads.values()
  const since = performance.now()
  const lane = async (): Promise<void> => {
    for (const payload of left) {
      await jetstream.publish(HEALTH_EVENTS.subject, payload, { msgID: randomUUID(), headers: headers() })
    }
  }
  await Promise.all(Array.from({ length: IN_FLIGHT }, lane))
  return payloads.length / ((performance.now() - since) / 1_000)
}
