import { randomUUID } from 'node:crypto'
import { DeliverPolicy, type NatsConnection } from 'nats'
import type { Sql } from 'postgres'
import { setTimeout as sleep } from 'node:timers/promises'
import { composedTime } from '../composed.ts'
import { judge, type Result } from '../result.ts'
import { measureRounds } from '../rounds.ts'
import { median } from '../statistics.ts'
import type { Tools } from '../suite.ts'
import { type Ingestor, operatorId } from './ingestor.ts'
import { HEALTH_EVENTS } from './relay-throughput.ts'

const TURNS = { full: 200, quick: 60 } as const
/** Between two turns: what an event leaves to be done, as its mark, is done before the next one. */
const PAUSE_MS = 5
const CHANNEL = 'bench'

/** From the commit of an event to its arrival at a consumer, against NOTIFY to its listener and publish to the consumer. */
export async function measureDelivery(
  { service: { sql }, nats }: Ingestor,
  tools: Tools,
): Promise<Readonly<{ result: Result; note: string }>> {
  const { quick, tell } = tools
  // What listens here would be in the way of other benches.
  await using opened = new AsyncDisposableStack()
  const turns = TURNS[quick ? 'quick' : 'full']
  const arrivals = new Map<string, () => void>()
  const arrived = (id: string): Promise<void> => new Promise((resolve) => arrivals.set(id, resolve))
  const note = (id: string): void => {
    arrivals.get(id)?.()
    arrivals.delete(id)
  }
  await deliver(opened, nats, note)
  const listening = await sql.listen(CHANNEL, note)
  opened.defer(() => listening.unlisten())
  const session = await sql.reserve()
  opened.defer(async () => session.release())

  const committed = (write: (id: string) => PromiseLike<unknown>) => async (): Promise<number> => {
    const id = randomUUID()
    const arrival = arrived(id)
    await session`BEGIN`
    await write(id)
    const since = performance.now()
    await Promise.all([session`COMMIT`, arrival])
    return performance.now() - since
  }
  const notified = committed((id) => session`SELECT pg_notify(${CHANNEL}, ${id})`)
  let made = 0
  const relayed = committed((id) => insertEvent(session, id, operatorId(made++)))
  const published = async (): Promise<number> => {
    const id = randomUUID()
    const arrival = arrived(id)
    const since = performance.now()
    const ack = nats.jetstream().publish(HEALTH_EVENTS.subject, PAYLOAD, { msgID: id })
    await arrival
    const took = performance.now() - since
    await ack
    return took
  }

  const measures = [relayed, notified, published].map((sample) => async (): Promise<number> => {
    const samples: number[] = []
    for (let turn = 0; turn < turns; turn++) {
      samples.push(await sample())
      await sleep(PAUSE_MS)
    }
    return median(samples)
  })
  tell.now('commit → event delivered: warming up, then rounds')
  for (const measure of measures) await measure()
  const [ours = [], notify = [], publish = []] = await measureRounds(measures, tools)
  const steps = [
    { name: 'NOTIFY round trip', figures: notify },
    { name: 'publish to deliver', figures: publish },
  ]
  const composed = composedTime(steps, 'ms')
  const goal = { name: 'commit → event delivered, p50 ÷ bare steps', unit: 'ms', bound: 'at most', goal: 2 } as const
  return { result: judge(goal, { ours, baseline: composed.baseline }), note: `commit → delivered: ${composed.note}` }
}

/** Tells the message id of each event of the stream from now on. */
async function deliver(opened: AsyncDisposableStack, nats: NatsConnection, told: (id: string) => void): Promise<void> {
  const consumer = await nats.jetstream().consumers.get(HEALTH_EVENTS.stream, { deliver_policy: DeliverPolicy.New })
  const messages = await consumer.consume({ callback: ({ headers }) => told(headers?.get('Nats-Msg-Id') ?? '') })
  opened.defer(async () => void (await messages.close()))
}

const EVENT = {
  schemaVersion: '1',
  previousState: 'HEALTHY',
  newState: 'UNHEALTHY',
  errorRate: 1,
  bindError: 'ESME_RBINDFAIL',
  at: '2026-11-20T12:00:00.000Z',
  transition: 2,
}
const PAYLOAD = new TextEncoder().encode(JSON.stringify({ ...EVENT, eventId: randomUUID(), operatorId: operatorId(0) }))

const insertEvent = (sql: Sql, eventId: string, operator: string) => sql`
  INSERT INTO ops.outbox (event_id, operator_id, subject, payload)
  VALUES (${eventId}, ${operator}, ${HEALTH_EVENTS.subject}, ${sql.json({ ...EVENT, eventId, operatorId: operator })})`
