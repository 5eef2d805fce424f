import { startDevstack } from '@oms/devstack'
import { connect, headers, type JetStreamManager, type NatsConnection, nanos } from 'nats'
import t from 'tap'
import { until } from '../../test/support/until.ts'
import {
  consumeHealthReports,
  type InboundMessage,
  INGESTOR_STREAMS,
  manageStreams,
  openNats,
  type Settlement,
  tailHealthReports,
} from './index.ts'

const SUBJECT = 'operator.health.inbound.v1'
const STREAM = 'OPERATOR_HEALTH_INBOUND'
const DURABLE = 'ops-health-consumer'

type Scope = { teardown(end: () => PromiseLike<unknown>): void }

/** A server of its own for each test, for most of them break it. */
async function world(t: Scope) {
  const stack = await startDevstack({ services: ['nats'] })
  const server = stack.nats
  const raw = await connect({ servers: server.url, maxReconnectAttempts: -1, reconnectTimeWait: 50 })
  const nats = openNats({ servers: [server.url], name: 'test' })
  const streams = manageStreams(nats, INGESTOR_STREAMS, { manage: true, replicas: 1 })
  t.teardown(async () => {
    await streams[Symbol.asyncDispose]()
    await nats[Symbol.asyncDispose]()
    await raw.close()
    await stack[Symbol.asyncDispose]()
  })
  await until(() => streams.ready())
  return { server, nats, raw, streams, admin: await raw.jetstreamManager({ timeout: 2_000 }) }
}

const text = ({ data }: InboundMessage) => new TextDecoder().decode(data)

/** Published again, with its id, until the server has it. */
async function send(raw: NatsConnection, ...payloads: string[]): Promise<void> {
  for (const payload of payloads) {
    let stored = false
    await until(async () => {
      const options = { msgID: payload, timeout: 1_000 }
      stored ||= await raw
        .jetstream()
        .publish(SUBJECT, payload, options)
        .then(
          () => true,
          () => false,
        )
      return stored
    })
  }
}

const settled = (admin: JetStreamManager) => async () => {
  const info = await admin.consumers.info(STREAM, DURABLE).catch(() => undefined)
  return info?.num_pending === 0 && info.num_ack_pending === 0
}

const range = (count: number, from = 0) => Array.from({ length: count }, (_, n) => `m${n + from}`)

t.test('reports come in batches of what has arrived, with the facts of the stream to the microsecond', async (t) => {
  const { nats, raw, admin } = await world(t)
  const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01'
  const seen: InboundMessage[] = []
  const sizes: number[] = []
  await send(raw, ...range(300))
  const consumer = consumeHealthReports(nats, {
    batchSize: 100,
    onError: (error) => void t.fail(String(error)),
    onBatch: async (messages) => {
      seen.push(...messages)
      sizes.push(messages.length)
      return messages.map(() => 'ack')
    },
  })
  t.teardown(() => consumer.stop())
  await until(() => seen.length === 300)
  t.ok(sizes.every((size) => size <= 100))
  t.same(seen.map(text), range(300))

  const traced = headers()
  traced.set('traceparent', traceparent)
  await raw.jetstream().publish(SUBJECT, 'traced', { headers: traced })
  await until(() => seen.length === 301)
  t.match(seen.at(-1), { traceparent, subject: SUBJECT, streamSequence: 301, deliveryCount: 1, redelivered: false })
  t.equal(seen[0]?.traceparent, null)

  for (const message of seen.slice(-40)) {
    const { timestamp } = await admin.streams.getMessage(STREAM, { seq: message.streamSequence })
    const [seconds, fraction = ''] = timestamp.replace('Z', '').split('.')
    const micros = BigInt(Date.parse(`${seconds}Z`)) * 1_000n + BigInt(fraction.padEnd(6, '0').slice(0, 6))
    t.equal(BigInt(message.receivedAtMicros), micros, timestamp)
  }

  const { config } = await admin.consumers.info(STREAM, DURABLE)
  t.match(config, {
    ack_policy: 'explicit',
    ack_wait: nanos(30_000),
    max_deliver: -1,
    max_ack_pending: 4_096,
    filter_subject: SUBJECT,
  })
  await until(settled(admin))
  t.same(await consumer.lag(), { pending: 0, ackPending: 0, redelivered: 0, oldestAgeSeconds: 0 })
})

t.test('each message is settled as decided: ack, never again, again later', async (t) => {
  const { nats, raw, admin } = await world(t)
  const deliveries = new Map<string, number>()
  const decisions: Record<string, (delivery: number) => Settlement> = {
    good: () => 'ack',
    poison: () => 'term',
    early: (delivery) => (delivery < 3 ? { nakAfterMs: 20 } : 'ack'),
  }
  const consumer = consumeHealthReports(nats, {
    onError: (error) => void t.fail(String(error)),
    onBatch: async (messages) =>
      messages.map((message) => {
        deliveries.set(text(message), message.deliveryCount)
        return decisions[text(message)]?.(message.deliveryCount) ?? 'ack'
      }),
  })
  t.teardown(() => consumer.stop())
  await send(raw, 'good', 'poison', 'early')
  await until(() => deliveries.get('early') === 3)
  await until(settled(admin))
  t.same(Object.fromEntries(deliveries), { good: 1, poison: 1, early: 3 })
})

t.test('a handler that throws loses nothing, and messages it forgot come again', async (t) => {
  const { nats, raw, admin } = await world(t)
  const errors: unknown[] = []
  let calls = 0
  const consumer = consumeHealthReports(nats, {
    onError: (error) => void errors.push(error),
    onBatch: async (messages) => {
      calls += 1
      if (calls === 1) throw new Error('the database is away')
      return messages.map(() => 'ack')
    },
  })
  t.teardown(() => consumer.stop())
  await send(raw, ...range(20))
  await until(settled(admin))
  t.equal(errors.length, 1)
  t.ok(calls > 1)
})

t.test('a server that is killed under an open consumer is found again', async (t) => {
  const { server, nats, raw } = await world(t)
  const seen = new Set<string>()
  const consumer = consumeHealthReports(nats, {
    onError: () => undefined,
    onBatch: async (messages) => {
      for (const message of messages) seen.add(text(message))
      return messages.map(() => 'ack')
    },
  })
  t.teardown(() => consumer.stop())
  await send(raw, ...range(50))
  await until(() => seen.size === 50)
  await server.kill()
  await until(() => nats.state() === 'disconnected')
  await t.rejects(consumer.lag(), { code: 'DEPENDENCY_UNAVAILABLE' })
  await server.start()
  await send(raw, ...range(50, 50))
  await until(() => seen.size === 100)
})

t.test('a server that fell silent is noticed, and what it holds comes when it wakes', async (t) => {
  const { server, nats, raw } = await world(t)
  const seen = new Set<string>()
  const errors: unknown[] = []
  const consumer = consumeHealthReports(nats, {
    onError: (error) => void errors.push(error),
    onBatch: async (messages) => {
      for (const message of messages) seen.add(text(message))
      return messages.map(() => 'ack')
    },
  })
  t.teardown(() => consumer.stop())
  await send(raw, 'before')
  await until(() => seen.has('before'))
  await server.pause()
  await until(() => errors.length > 0 || nats.state() === 'disconnected')
  await server.resume()
  await send(raw, 'after')
  await until(() => seen.has('after'))
})

t.test('a consumer or a stream that is deleted underneath is made again', async (t) => {
  const { nats, raw, streams, admin } = await world(t)
  const seen = new Set<string>()
  const consumer = consumeHealthReports(nats, {
    onError: () => undefined,
    onStreamMissing: () => streams.check(),
    onBatch: async (messages) => {
      for (const message of messages) seen.add(text(message))
      return messages.map(() => 'ack')
    },
  })
  t.teardown(() => consumer.stop())
  await send(raw, 'one')
  await until(() => seen.has('one'))
  await admin.consumers.delete(STREAM, DURABLE)
  await send(raw, 'two')
  await until(() => seen.has('two'))
  await admin.streams.delete(STREAM)
  await send(raw, 'three')
  await until(() => seen.has('three'))
})

t.test('stopping finishes the batch in hand and gives the rest back at once', async (t) => {
  const { nats, raw, admin } = await world(t)
  await send(raw, ...range(100))
  // As many as had arrived by then, ten at most.
  const batches: string[][] = []
  const finish = Promise.withResolvers<void>()
  const consumer = consumeHealthReports(nats, {
    batchSize: 10,
    onError: (error) => void t.fail(String(error)),
    onBatch: async (messages) => {
      batches.push(messages.map(text))
      await finish.promise
      return messages.map(() => 'ack')
    },
  })
  await until(async () => batches.length === 1 && (await admin.consumers.info(STREAM, DURABLE)).num_ack_pending > 10)
  t.ok((await consumer.lag()).oldestAgeSeconds > 0)
  const stopped = consumer.stop()
  finish.resolve()
  await stopped
  t.equal(batches.length, 1)
  const finished = batches.flat()

  const seen = new Set<string>()
  const next = consumeHealthReports(nats, {
    onError: (error) => void t.fail(String(error)),
    onBatch: async (messages) => {
      for (const message of messages) seen.add(text(message))
      return messages.map(() => 'ack')
    },
  })
  t.teardown(() => next.stop())
  await until(() => seen.size >= 100 - finished.length)
  await until(settled(admin))
  t.notOk(
    finished.some((acked) => seen.has(acked)),
    'the finished batch does not come again',
  )
})

t.test('memory is bounded by count and by bytes, and large messages still come', async (t) => {
  const { nats, raw, admin } = await world(t)
  const large = 'x'.repeat(900_000)
  for (const name of range(12)) await raw.jetstream().publish(SUBJECT, name + large)
  const hold = Promise.withResolvers<void>()
  const seen = new Set<string>()
  const consumer = consumeHealthReports(nats, {
    batchSize: 4,
    maxBytes: 1,
    onError: (error) => void t.fail(String(error)),
    onBatch: async (messages) => {
      for (const message of messages) seen.add(text(message).replace(large, ''))
      await hold.promise
      return messages.map(() => 'ack')
    },
  })
  t.teardown(() => consumer.stop())
  await until(() => seen.size > 0)
  const { num_ack_pending } = await admin.consumers.info(STREAM, DURABLE)
  t.ok(num_ack_pending <= 12, `${num_ack_pending} of 12 in hand`)
  hold.resolve()
  await until(() => seen.size === 12)
  await until(settled(admin))
})

t.test('a durable that settles otherwise is told of, not used', async (t) => {
  const { nats, admin } = await world(t)
  await admin.consumers.add(STREAM, { durable_name: DURABLE, ack_policy: 'none' as never })
  const errors: unknown[] = []
  const consumer = consumeHealthReports(nats, {
    onError: (error) => void errors.push(error),
    onBatch: async (messages) => messages.map(() => 'ack'),
  })
  t.teardown(() => consumer.stop())
  await until(() => errors.length > 0)
  t.match(errors[0], { name: 'ConsumerMismatch' })
})

t.test('two replicas share the reports', async (t) => {
  const { server, nats, raw, admin } = await world(t)
  const other = openNats({ servers: [server.url], name: 'other' })
  t.teardown(() => other[Symbol.asyncDispose]())
  const seen: string[] = []
  const replicas = [nats, other].map((connection) =>
    consumeHealthReports(connection, {
      batchSize: 16,
      onError: (error) => void t.fail(String(error)),
      onBatch: async (messages) => {
        seen.push(...messages.map(text))
        return messages.map(() => 'ack')
      },
    }),
  )
  t.teardown(() => Promise.all(replicas.map((replica) => replica.stop())))
  await send(raw, ...range(200))
  await until(settled(admin))
  t.same(seen.toSorted(), range(200).toSorted())
})

t.test('a tail reads on while the durable is full of reports that nobody can record', async (t) => {
  const { nats, raw } = await world(t)
  const recorded: string[] = []
  const consumer = consumeHealthReports(nats, {
    onError: (error) => void t.fail(String(error)),
    onBatch: async (messages) => {
      recorded.push(...messages.map(text))
      return messages.map(() => ({ nakAfterMs: 60_000 }))
    },
  })
  t.teardown(() => consumer.stop())
  const stream = raw.jetstream()
  await Promise.all(range(4_096).map((payload) => stream.publish(SUBJECT, payload)))
  await until(() => recorded.length === 4_096)
  t.match(await consumer.lag(), { pending: 0, ackPending: 4_096 })

  const seen: string[] = []
  const tail = tailHealthReports(nats, {
    onBatch: async (messages) => void seen.push(...messages.map(text)),
    onError: (error) => void t.fail(String(error)),
  })
  t.teardown(() => tail.stop())
  const admin = await raw.jetstreamManager()
  await until(async () => (await admin.consumers.list(STREAM).next()).length === 2)
  await send(raw, 'fresh')
  await until(() => seen.length === 1)
  t.same(seen, ['fresh'])
  t.match(await consumer.lag(), { pending: 1, ackPending: 4_096 })
  t.equal(recorded.length, 4_096)
})

t.test('a tail reads once and in order, through a lost server', async (t) => {
  const { server, nats, raw, admin } = await world(t)
  await send(raw, 'long ago')
  const seen: string[] = []
  const onBatch = async (messages: readonly InboundMessage[]) => void seen.push(...messages.map(text))
  const tail = tailHealthReports(nats, { onBatch, onError: () => undefined })
  t.teardown(() => tail.stop())
  await until(async () => (await admin.consumers.list(STREAM).next()).length === 1)
  await send(raw, ...range(30))
  await until(() => seen.length === 30)
  await server.kill()
  await until(() => nats.state() === 'disconnected')
  await server.start()
  await send(raw, ...range(30, 30))
  await until(() => seen.length >= 60)
  t.same(seen, range(60))
  await tail.stop()
  await until(async () => (await admin.consumers.list(STREAM).next()).length === 0)

  const again: string[] = []
  const from = (await admin.streams.getMessage(STREAM, { seq: 31 })).time
  const replay = tailHealthReports(nats, {
    from,
    onBatch: async (messages) => void again.push(...messages.map(text)),
    onError: (error) => void t.fail(String(error)),
  })
  t.teardown(() => replay.stop())
  await until(() => again.includes('m59'))
  t.same(again.slice(-30), range(30, 30))
})

t.test('a tail finds a stream that was made anew', async (t) => {
  const { nats, raw, streams, admin } = await world(t)
  const seen: string[] = []
  const tail = tailHealthReports(nats, {
    onBatch: async (messages) => void seen.push(...messages.map(text)),
    onError: () => streams.check(),
  })
  t.teardown(() => tail.stop())
  await until(async () => (await admin.consumers.list(STREAM).next()).length === 1)
  await send(raw, ...range(5))
  await until(() => seen.length === 5)
  await admin.streams.delete(STREAM)
  await send(raw, 'anew')
  await until(() => seen.includes('anew'))
})
