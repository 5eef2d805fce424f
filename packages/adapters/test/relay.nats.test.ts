import { createRelay, holdLease } from '@oms/adapters/background'
import { createEventPublisher, manageStreams, openNats, RELAY_STREAMS } from '@oms/adapters/nats'
import { startDevstack } from '@oms/devstack'
import type { OperatorId, Outbox, PendingEvent } from '@oms/domain'
import { memoryLeases } from '@oms/domain/memory'
import { connect } from 'nats'
import t from 'tap'
import { until } from './support/until.ts'

const OPERATORS = 20

/** The outbox that two relays share, as they would a database. */
function sharedOutbox() {
  const rows = new Map<string, PendingEvent>()
  const outbox: Outbox = {
    pending: async (limit) => [...rows.values()].slice(0, limit),
    markPublished: async (positions) => void positions.forEach((position) => rows.delete(position)),
    park: async (position, reason) => void t.fail(`${position} was refused: ${reason}`),
    backlog: async () => ({ depth: rows.size, oldestAgeSeconds: 0, parked: 0 }),
    prune: async () => 0,
  }
  let position = 0
  function commit(version: number): void {
    for (let n = 0; n < OPERATORS; n += 1) {
      position += 1
      const operatorId = `op-${n}` as OperatorId
      const event = { eventId: crypto.randomUUID(), operatorId, payload: { operatorId, version }, traceparent: null }
      const at = { position: `${position}`, committedAt: new Date() }
      rows.set(at.position, { ...event, ...at, subject: 'operator.config.updated.v1' })
    }
  }
  return { rows, outbox, commit }
}

async function world(t: { teardown(end: () => PromiseLike<void>): void }) {
  const closing = new AsyncDisposableStack()
  t.teardown(() => closing.disposeAsync())
  const stack = closing.use(await startDevstack({ services: ['nats'] }))
  const open = (name: string) => closing.use(openNats({ servers: [stack.nats.url], name }))
  const streams = closing.use(manageStreams(open('streams'), RELAY_STREAMS, { manage: true, replicas: 1 }))
  await until(() => streams.ready())
  const raw = await connect({ servers: stack.nats.url, maxReconnectAttempts: -1, reconnectTimeWait: 50 })
  closing.defer(() => raw.close())
  const admin = await raw.jetstreamManager({ timeout: 2_000 })

  /** The versions of each operator, as the stream has them. */
  async function streamed(): Promise<Map<string, number[]>> {
    const { state } = await admin.streams.info('OPERATOR_CONFIG')
    const versions = new Map<string, number[]>()
    for (let seq = 1; seq <= state.last_seq; seq += 1) {
      const message = await admin.streams.getMessage('OPERATOR_CONFIG', { seq })
      const { operatorId, version } = message.json<{ operatorId: string; version: number }>()
      versions.set(operatorId, [...(versions.get(operatorId) ?? []), version])
    }
    return versions
  }
  return { server: stack.nats, open, streamed, closing }
}

const versionsTo = (last: number) => Array.from({ length: last }, (_, n) => n + 1)

t.test('two relays at once store each event once and in order, through a server that is killed', async (t) => {
  const { server, open, streamed, closing } = await world(t)
  const { rows, outbox, commit } = sharedOutbox()
  const stop = new AbortController()
  const relays = ['one', 'two'].map((name) => {
    const nats = open(name)
    const publisher = createEventPublisher(nats)
    const canPublish = () => nats.state() === 'connected'
    const relay = createRelay({ outbox, publisher, canPublish, onError: () => undefined, pollMs: 20 })
    return relay.run(stop.signal)
  })
  closing.defer(async () => {
    stop.abort()
    await Promise.all(relays)
  })

  commit(1)
  await until(() => rows.size === 0)
  for (let version = 2; version <= 5; version += 1) commit(version)
  await server.kill()
  for (let version = 6; version <= 10; version += 1) commit(version)
  await server.start()
  await until(() => rows.size === 0)

  const versions = await streamed()
  t.equal(versions.size, OPERATORS)
  for (const [operatorId, stored] of versions) t.same(stored, versionsTo(10), operatorId)
})

t.test('the relay lease goes to another holder when its own cannot reach the stream', async (t) => {
  const { open, streamed, closing } = await world(t)
  const { rows, outbox, commit } = sharedOutbox()
  const leases = memoryLeases()
  const timing = { renewMs: 20, safeMs: 300, retryMs: 20 }
  const holders = ['one', 'two'].map((holder) => {
    const nats = open(holder)
    const publisher = createEventPublisher(nats)
    const canHold = () => nats.state() === 'connected'
    const relay = createRelay({ outbox, publisher, canPublish: canHold, onError: () => undefined, pollMs: 20 })
    const options = { leases, name: 'relay', holder, canHold, timing, onError: () => undefined } as const
    return { nats, lease: closing.use(holdLease(options, (signal) => relay.run(signal))) }
  })
  await until(() => holders.some(({ lease }) => lease.held()))
  commit(1)
  await until(() => rows.size === 0)

  const first = holders.find(({ lease }) => lease.held())
  const other = holders.find((holder) => holder !== first)
  await first?.nats[Symbol.asyncDispose]()
  commit(2)
  await until(() => other?.lease.held() ?? false)
  await until(() => rows.size === 0)
  for (const stored of (await streamed()).values()) t.same(stored, versionsTo(2))
})
