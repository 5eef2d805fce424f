import { Redis } from 'ioredis'
import { connect, DeliverPolicy, type NatsConnection } from 'nats'
import { setTimeout as sleep } from 'node:timers/promises'
import { INBOUND, OPERATORS, operatorId } from './ingestor.ts'
import { HEALTH_EVENTS } from './relay-throughput.ts'
import { bindOf, isTransition, reportOf } from './reports.ts'

/** Milliseconds that each took, as seen from outside. */
export type Samples = Readonly<{
  /** From the publish of a report to the write of its key. */
  keys: readonly number[]
  /** From the publish of a report that turns the state to its event at a consumer. */
  events: readonly number[]
  /** From the publish of a message of nobody's to its arrival: what the machine and NATS are good for in those seconds. */
  probes: readonly number[]
  /** What never came. */
  missing: number
}>

export type Load = Readonly<{ run(seconds: number): Promise<Samples> }>

const PER_SECOND = 1_000
const TICK_MS = 10
const PATIENCE_MS = 10_000
const PROBE = { stream: 'BENCH_PROBE', subject: 'bench.probe' } as const

/** Operators report in turn, so that what is seen of one is of its last report. */
export async function prepareLoad(
  opened: AsyncDisposableStack,
  { nats, redisUrl }: Readonly<{ nats: NatsConnection; redisUrl: string }>,
): Promise<Load> {
  const { streams } = await nats.jetstreamManager()
  await streams.add({ name: PROBE.stream, subjects: [PROBE.subject] })
  const sentAt = { key: new Map<string, number>(), event: new Map<string, number>(), probe: new Map<string, number>() }
  let taken = { keys: [] as number[], events: [] as number[], probes: [] as number[] }
  const take = (sent: Map<string, number>, id: string, into: number[]): void => {
    const since = sent.get(id)
    if (since !== undefined && sent.delete(id)) into.push(performance.now() - since)
  }

  await watchKeys(opened, redisUrl, (id) => take(sentAt.key, id, taken.keys))
  // Of its own, so that what arrives waits for nothing that is sent.
  const watched = opened.adopt(await connect({ servers: nats.getServer() }), (connection) => connection.close())
  const ends = [
    await watch(watched, HEALTH_EVENTS.stream, (data) =>
      take(sentAt.event, (JSON.parse(data) as { operatorId: string }).operatorId, taken.events),
    ),
    await watch(watched, PROBE.stream, (data) => take(sentAt.probe, data, taken.probes)),
  ]
  opened.defer(async () => {
    await Promise.all(ends.map((end) => end()))
  })

  let next = 0
  let probe = 0
  function send(): void {
    const index = next++
    const id = operatorId(index)
    const now = performance.now()
    sentAt.key.set(id, now)
    if (isTransition(index)) sentAt.event.set(id, now)
    nats.publish(INBOUND.subject, reportOf(index, bindOf(index)))
  }
  function sendProbe(): void {
    const id = String(probe++)
    sentAt.probe.set(id, performance.now())
    nats.publish(PROBE.subject, id)
  }
  const waiting = (): number => sentAt.key.size + sentAt.event.size + sentAt.probe.size

  return {
    async run(seconds) {
      taken = { keys: [], events: [], probes: [] }
      const since = performance.now()
      const end = next + seconds * PER_SECOND
      while (next < end) {
        const due = Math.min(end, end - seconds * PER_SECOND + ((performance.now() - since) * PER_SECOND) / 1_000)
        while (next < due) send()
        sendProbe()
        await sleep(TICK_MS)
      }
      const deadline = performance.now() + PATIENCE_MS
      while (waiting() > 0 && performance.now() < deadline) await sleep(TICK_MS)
      const missing = waiting()
      for (const sent of Object.values(sentAt)) sent.clear()
      return { ...taken, missing }
    },
  }
}

/** How many seconds each operator needs to report once. */
export const ONE_TURN_SECONDS = OPERATORS / PER_SECOND

/** https://redis.io/docs/latest/develop/use/keyspace-notifications/: the name of each key that is SET. */
async function watchKeys(opened: AsyncDisposableStack, url: string, told: (operatorId: string) => void): Promise<void> {
  const cache = opened.adopt(new Redis(url), (client) => client.disconnect())
  await cache.config('SET', 'notify-keyspace-events', 'E$')
  cache.on('message', (_channel: string, key: string) => told(key.slice('ops:health:'.length)))
  await cache.subscribe('__keyevent@0__:set')
}

async function watch(
  nats: NatsConnection,
  stream: string,
  told: (data: string) => void,
): Promise<() => Promise<unknown>> {
  const consumer = await nats.jetstream().consumers.get(stream, { deliver_policy: DeliverPolicy.New })
  const messages = await consumer.consume({ callback: ({ data }) => told(new TextDecoder().decode(data)) })
  return () => messages.close()
}
