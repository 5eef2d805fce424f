import { AckPolicy } from 'nats'
import t from 'tap'
import { DURABLE, range, send, STREAM, SUBJECT, text, world } from '../../test/support/inbound-world.ts'
import { until } from '../../test/support/until.ts'
import { consumeHealthReports, tailHealthReports, type InboundMessage } from './index.ts'

t.test('a tail reads on while the durable is full of reports that nobody can record', async (t) => {
  const { nats, raw, admin } = await world(t)
  const recorded: string[] = []
  const full = 1_000
  await admin.consumers.add(STREAM, {
    durable_name: DURABLE,
    ack_policy: AckPolicy.Explicit,
    filter_subject: SUBJECT,
    max_ack_pending: full,
  })
  const consumer = consumeHealthReports(nats, {
    manage: false,
    onError: (error) => void t.fail(String(error)),
    onBatch: async (messages) => {
      recorded.push(...messages.map(text))
      return messages.map(() => ({ nakAfterMs: 60_000 }))
    },
  })
  t.teardown(() => consumer.stop())
  const stream = raw.jetstream()
  await Promise.all(range(full).map((payload) => stream.publish(SUBJECT, payload)))
  await until(() => recorded.length === full)
  t.match(await consumer.lag(), { pending: 0, ackPending: full })

  const seen: string[] = []
  const tail = tailHealthReports(nats, {
    onBatch: async (messages) => void seen.push(...messages.map(text)),
    onError: (error) => void t.fail(String(error)),
  })
  t.teardown(() => tail.stop())
  await until(async () => (await admin.consumers.list(STREAM).next()).length === 2)
  await send(raw, 'fresh')
  await until(() => seen.length === 1)
  t.same(seen, ['fresh'])
  t.match(await consumer.lag(), { pending: 1, ackPending: full })
  t.equal(recorded.length, full)
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
