import { startNatsCluster } from '@oms/devstack/topologies'
import { randomUUID } from 'node:crypto'
import { connect, type NatsConnection } from 'nats'
import t from 'tap'
import { until, untilHolds } from '../../test/support/until.ts'
import {
  consumeHealthReports,
  createEventPublisher,
  HEALTH_INBOUND,
  INGESTOR_STREAMS,
  manageStreams,
  type Nats,
  openNats,
  RELAY_STREAMS,
} from './index.ts'

const cluster = await startNatsCluster()
const servers = cluster.url.split(',')
const raw: NatsConnection = await connect({ servers, maxReconnectAttempts: -1, reconnectTimeWait: 50 })
const admin = await raw.jetstreamManager({ timeout: 2_000 })
t.teardown(async () => {
  await raw.close()
  await cluster[Symbol.asyncDispose]()
})

const SPECS = [...RELAY_STREAMS, ...INGESTOR_STREAMS]
const anEvent = () =>
  ({ eventId: randomUUID(), subject: 'operator.config.updated.v1', payload: {}, traceparent: null }) as const
const text = (data: Uint8Array) => new TextDecoder().decode(data)
const range = (from: number) => Array.from({ length: 5 }, (_, n) => `report ${from + n}`)

function serverOf(nats: Nats) {
  const port = Number(nats.connection().getServer().split(':')[1])
  const server = cluster.servers.find((one) => one.port === port)
  if (server === undefined) throw new Error(`connected to port ${port}, which is none of the cluster's`)
  return server
}

/** Again, with its id, until it is stored: what the relay and every reporter do. */
const stored = (what: string, publish: () => Promise<unknown>) =>
  untilHolds(what, () =>
    publish().then(
      () => true,
      () => false,
    ),
  )

/** Each stream is on three servers that have all of it; before, to lose another server is to lose the majority. */
async function allCurrent(): Promise<void> {
  for (const { name } of SPECS) {
    await untilHolds(`${name} is on three servers that are current`, () =>
      // While a leader is elected nobody answers.
      admin.streams.info(name).then(
        ({ config, cluster: group }) =>
          config.num_replicas === 3 && group?.replicas?.length === 2 && group.replicas.every((peer) => peer.current),
        () => false,
      ),
    )
  }
}

t.test('streams with one replica are given three by the setting, and hold all they held', async (t) => {
  const nats = openNats({ servers, name: 'test' })
  t.teardown(() => nats[Symbol.asyncDispose]())
  const before = manageStreams(nats, SPECS, { manage: true, replicas: 1, storage: 'memory' })
  await until(() => before.ready())
  await before[Symbol.asyncDispose]()
  const publisher = createEventPublisher(nats)
  await publisher.publish(anEvent())

  const after = manageStreams(nats, SPECS, { manage: true, replicas: 3, storage: 'memory' })
  t.teardown(() => after[Symbol.asyncDispose]())
  await until(() => after.ready())
  await allCurrent()
  t.equal((await admin.streams.info('OPERATOR_CONFIG')).state.messages, 1)
})

t.test(
  'reports and events go on when the server that we are connected to is killed, and when it is back',
  async (t) => {
    const nats = openNats({ servers, name: 'test' })
    t.teardown(() => nats[Symbol.asyncDispose]())
    const streams = manageStreams(nats, SPECS, { manage: true, replicas: 3, storage: 'memory' })
    t.teardown(() => streams[Symbol.asyncDispose]())
    await until(() => streams.ready())
    const publisher = createEventPublisher(nats)
    const seen = new Set<string>()
    const consumer = consumeHealthReports(nats, {
      onError: () => {}, // a cluster without a leader refuses much for some seconds
      onBatch: async (messages) => {
        for (const { data } of messages) seen.add(text(data))
        return messages.map(() => 'ack')
      },
    })
    t.teardown(() => consumer.stop())

    const flows = async (from: number) => {
      for (const report of range(from)) {
        await stored(report, () =>
          raw.jetstream().publish(HEALTH_INBOUND.subject, report, { msgID: report, timeout: 1_000 }),
        )
      }
      const event = anEvent() // one, however often it is sent
      await stored('the event', () => publisher.publish(event))
      await untilHolds(`reports from ${from} arrive`, () => range(from).every((report) => seen.has(report)))
    }
    await flows(0)

    const lost = serverOf(nats)
    const since = performance.now()
    await lost.kill()
    await flows(100)
    t.comment(`all flows again ${Math.round(performance.now() - since)} ms after the kill`)
    t.not(serverOf(nats).port, lost.port)

    const late = openNats({ servers: [lost.url, ...servers], name: 'late' })
    t.teardown(() => late[Symbol.asyncDispose]())
    await untilHolds('who lists a dead server first finds another', () => late.state() === 'connected')

    await lost.start()
    await allCurrent()
    const next = serverOf(nats)
    await next.kill()
    await flows(200)
    t.not(serverOf(nats).port, next.port)
    await next.start()
    await allCurrent()
    t.equal((await admin.streams.info('OPERATOR_CONFIG')).state.messages, 4, 'each event once')
  },
)
