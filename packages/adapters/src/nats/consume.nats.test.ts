import { headers, nanos } from 'nats'
import { setTimeout } from 'node:timers/promises'
import t from 'tap'
import { DURABLE, range, send, settled, STREAM, SUBJECT, text, world } from '../../test/support/inbound-world.ts'
import { until } from '../../test/support/until.ts'
import { consumeHealthReports, openNats, type InboundMessage, type Settlement } from './index.ts'

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
    max_ack_pending: 65_536,
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
  for (const name of range(40)) await raw.jetstream().publish(SUBJECT, name + large)
  const hold = Promise.withResolvers<void>()
  const seen = new Set<string>()
  const consumer = consumeHealthReports(nats, {
    batchSize: 100,
    maxBytes: 4_000_000,
    onError: (error) => void t.fail(String(error)),
    onBatch: async (messages) => {
      for (const message of messages) seen.add(text(message).replace(large, ''))
      await hold.promise
      return messages.map(() => 'ack')
    },
  })
  t.teardown(() => consumer.stop())
  await until(() => seen.size > 0)
  let inHand = -1
  await until(async () => {
    const before = inHand
    inHand = (await admin.consumers.info(STREAM, DURABLE)).num_ack_pending
    return inHand === before
  })
  // One batch being worked on and one hand, each of at most four and what one more pull brought: nowhere near forty.
  t.ok(inHand <= 14, `${inHand} of 40 in hand`)
  hold.resolve()
  await until(() => seen.size === 40)
  await until(settled(admin))
})

t.test('batches grow while there is a backlog, and begin small again after a failure', async (t) => {
  const { nats, raw, admin } = await world(t)
  for (const payload of range(6_000)) raw.publish(SUBJECT, payload)
  await raw.flush()
  const sizes: number[] = []
  let failures = 0
  const consumer = consumeHealthReports(nats, {
    batchSize: 2_000,
    onError: () => (failures += 1),
    onBatch: async (messages) => {
      sizes.push(messages.length)
      // What has not arrived by then was not waiting.
      await setTimeout(50)
      if (failures === 0 && messages.length > 1_000) throw new Error('too much for the database')
      return messages.map(() => 'ack')
    },
  })
  t.teardown(() => consumer.stop())
  await until(settled(admin))
  t.equal(failures, 1)
  const large = sizes.findIndex((size) => size > 1_000)
  t.equal(sizes[0] !== undefined && sizes[0] <= 256, true)
  t.ok(large > 0 && (sizes[large + 1] ?? 0) <= 256, sizes.join())
  t.ok(Math.max(...sizes.slice(large + 1)) > 256, sizes.join())
})

t.test('a batch begins once the one before is recorded, and none is acknowledged before it is done', async (t) => {
  const { nats, raw, admin } = await world(t)
  const begun: string[] = []
  const written = Promise.withResolvers<void>()
  const consumer = consumeHealthReports(nats, {
    batchSize: 1,
    onError: (error) => void t.fail(String(error)),
    onBatch: async (messages, recorded) => {
      begun.push(...messages.map(text))
      recorded()
      await written.promise
      return messages.map(() => 'ack')
    },
  })
  t.teardown(() => consumer.stop())
  await send(raw, ...range(3))
  await until(async () => begun.length > 1 && (await consumer.lag()).ackPending === 3)
  t.same(begun, range(2), 'two are in hand at most')
  written.resolve()
  await until(settled(admin))
  t.same(begun, range(3))
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
