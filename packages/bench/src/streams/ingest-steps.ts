import { Redis } from 'ioredis'
import { AckPolicy, DeliverPolicy, type NatsConnection } from 'nats'
import type { Sql } from 'postgres'
import { INBOUND, operatorId } from './ingestor.ts'

/** About as many as the health-ingestor takes at once of so many that wait: half, then half of the rest. */
export const BATCH = 2_048

export type Stretch = Readonly<{ first: number; last: number }>

/** What the path of a report is made of, each bare: reports per second for as many as `of` holds. */
export type IngestSteps = Readonly<{
  consumeAndAck(of: Stretch): Promise<number>
  batchedUpsert(of: Stretch): Promise<number>
  pipelinedSet(of: Stretch): Promise<number>
}>

export async function prepareIngestSteps(
  opened: AsyncDisposableStack,
  { nats, sql, redisUrl }: Readonly<{ nats: NatsConnection; sql: Sql; redisUrl: string }>,
): Promise<IngestSteps> {
  const cache = opened.adopt(new Redis(redisUrl), (client) => client.disconnect())
  await sql.unsafe(`
    CREATE SCHEMA bench;
    CREATE TABLE bench.health (LIKE ops.operator_health INCLUDING ALL) WITH (fillfactor = 70)`)
  return {
    consumeAndAck: (of) => consumeAndAck(nats, of),
    batchedUpsert: (of) => inBatches(of, (indexes) => upsert(sql, indexes)),
    pipelinedSet: (of) =>
      inBatches(of, async (indexes) => {
        const pipeline = cache.pipeline()
        for (const index of indexes) pipeline.set(`bench:health:${operatorId(index)}`, VALUE, 'EX', 60)
        await pipeline.exec()
      }),
  }
}

/** As long as what routing-engine reads. */
const VALUE = JSON.stringify({
  status: 'HEALTHY',
  errorRate: 0.01,
  bindState: 'BOUND',
  since: '2026-11-20T12:00:00.000Z',
  at: '2026-11-20T12:00:00.000Z',
  receivedAt: 1_795_176_000_000_000,
  streamSequence: 1_000_000,
})

/** Seconds that a consumer of its own takes for that stretch of the stream. */
export async function consumeAndAck(nats: NatsConnection, { first, last }: Stretch): Promise<number> {
  const { consumers } = await nats.jetstreamManager()
  const { name } = await consumers.add(INBOUND.stream, {
    ack_policy: AckPolicy.Explicit,
    deliver_policy: DeliverPolicy.StartSequence,
    opt_start_seq: first,
    max_ack_pending: 4_096,
  })
  const consumer = await nats.jetstream().consumers.get(INBOUND.stream, name)
  const since = performance.now()
  const messages = await consumer.consume({ max_messages: 2 * BATCH })
  for await (const message of messages) {
    message.ack()
    if (message.seq >= last) break
  }
  await nats.flush()
  const rate = perSecond(last - first + 1, since)
  await consumer.delete()
  return rate
}

async function inBatches(
  { first, last }: Stretch,
  write: (indexes: readonly number[]) => Promise<unknown>,
): Promise<number> {
  const since = performance.now()
  const count = last - first + 1
  for (let from = 0; from < count; from += BATCH) {
    await write(Array.from({ length: Math.min(BATCH, count - from) }, (_, index) => from + index))
  }
  return perSecond(count, since)
}

const perSecond = (count: number, since: number): number => count / ((performance.now() - since) / 1_000)

async function upsert(sql: Sql, indexes: readonly number[]): Promise<void> {
  const now = new Date().toISOString()
  await sql`
    INSERT INTO bench.health (operator_id, state, since, last_received_at, last_stream_seq, last_seen_at, error_rate, bind_state, recovered_since)
    SELECT operator_id, 'HEALTHY', at, at, seq, at, 0.01, 'BOUND', at
    FROM unnest(${indexes.map(operatorId)}::text[], ${indexes.map(() => now)}::timestamptz[],
      ${indexes.map(String)}::bigint[]) AS reported (operator_id, at, seq)
    ON CONFLICT (operator_id) DO UPDATE SET state = excluded.state, since = excluded.since,
      last_received_at = excluded.last_received_at, last_stream_seq = excluded.last_stream_seq,
      last_seen_at = excluded.last_seen_at, error_rate = excluded.error_rate, bind_state = excluded.bind_state,
      recovered_since = excluded.recovered_since`
}
