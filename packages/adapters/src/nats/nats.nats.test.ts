import { randomUUID } from 'node:crypto'
import { startDevstack } from '@oms/devstack'
import { EventRefused } from '@oms/domain'
import { deadLettersContract, eventPublisherContract } from '@oms/domain/contracts'
import { connect, type NatsConnection, nanos } from 'nats'
import t from 'tap'
import {
  createDeadLetters,
  createEventPublisher,
  INGESTOR_STREAMS,
  letterText,
  manageStreams,
  openNats,
  type PublishOutcome,
  RELAY_STREAMS,
  type StreamProblem,
} from './index.ts'
import { until } from '../../test/support/until.ts'

const stack = await startDevstack({ services: ['nats'] })
const server = stack.nats
const raw: NatsConnection = await connect({ servers: server.url, maxReconnectAttempts: -1, reconnectTimeWait: 100 })
const admin = await raw.jetstreamManager()
t.teardown(async () => {
  await raw.close()
  await stack[Symbol.asyncDispose]()
})

const anEvent = (payload: Record<string, unknown> = { version: 1 }) =>
  ({ eventId: randomUUID(), subject: 'operator.config.updated.v1', payload, traceparent: null }) as const

function open(t: { teardown(end: () => PromiseLike<void>): void }, url = server.url) {
  const nats = openNats({ servers: [url], name: 'test' })
  t.teardown(() => nats[Symbol.asyncDispose]())
  return nats
}

/** Asked again where the test's own client was not back yet. */
const stored = async (name: string): Promise<number> =>
  admin.streams.info(name).then(
    ({ state }) => state.messages,
    () => stored(name),
  )

t.test('streams are made as the contract says, by several replicas at once, and looked at again', async (t) => {
  const problems: StreamProblem[] = []
  const options = { manage: true, replicas: 1, onProblem: (problem: StreamProblem) => void problems.push(problem) }
  const specs = [...RELAY_STREAMS, ...INGESTOR_STREAMS]
  const managers = [1, 2, 3].map(() => manageStreams(open(t), specs, options))
  t.teardown(() => Promise.all(managers.map((manager) => manager[Symbol.asyncDispose]())))
  await until(() => managers.every((manager) => manager.ready()))

  for (const spec of specs) {
    const { config } = await admin.streams.info(spec.name)
    t.match(config, {
      subjects: spec.subjects,
      retention: 'limits',
      storage: 'file',
      max_age: nanos(spec.maxAgeSeconds * 1_000),
      duplicate_window: nanos(spec.duplicateWindowSeconds * 1_000),
    })
  }
  t.same(problems, [])

  await admin.streams.delete('OPS_AUDIT')
  managers[0]?.check()
  await until(async () => (await admin.streams.list().next()).some(({ config }) => config.name === 'OPS_AUDIT'))
})

t.test('a stream that differs is raised, never lowered, and what only a person can mend is told', async (t) => {
  const problems: StreamProblem[] = []
  await admin.streams.add({ name: 'SHORT', subjects: ['short.one'], max_age: nanos(1_000 * 60) })
  await admin.streams.add({ name: 'LONG', subjects: ['long.one'], max_age: nanos(1_000 * 60 * 60 * 48) })
  await admin.streams.add({ name: 'TAKEN', subjects: ['taken.>'] })
  await raw.jetstream().publish('long.one', 'kept')
  const spec = (name: string, subject: string) => ({
    name,
    subjects: [subject],
    maxAgeSeconds: 3_600,
    duplicateWindowSeconds: 600,
  })
  const manager = manageStreams(
    open(t),
    [spec('OVERLAPPING', 'taken.here'), spec('SHORT', 'short.two'), spec('LONG', 'long.one')],
    { manage: true, replicas: 1, onProblem: (problem) => void problems.push(problem) },
  )
  t.teardown(() => manager[Symbol.asyncDispose]())
  await until(() => problems.filter(({ stream }) => stream === 'OVERLAPPING').length > 1)

  const short = (await admin.streams.info('SHORT')).config
  t.same(short.subjects, ['short.one', 'short.two'], 'another publisher keeps its subject')
  t.equal(short.max_age, nanos(3_600_000))
  t.equal(short.duplicate_window, nanos(600_000))
  const long = await admin.streams.info('LONG')
  t.equal(long.config.max_age, nanos(1_000 * 60 * 60 * 48))
  t.equal(long.state.messages, 1)
  t.match(
    problems.find(({ stream }) => stream === 'LONG'),
    { kind: 'kept' },
  )
  t.match(
    problems.find(({ stream }) => stream === 'OVERLAPPING'),
    { kind: 'failed', error: { api_error: {} } },
  )
  t.equal(manager.ready(), false)
  for (const name of ['SHORT', 'LONG', 'TAKEN']) await admin.streams.delete(name)
})

t.test('streams that are not managed are left alone', async (t) => {
  const nats = open(t)
  const manager = manageStreams(
    nats,
    [{ name: 'ALONE', subjects: ['alone'], maxAgeSeconds: 60, duplicateWindowSeconds: 60 }],
    { manage: false, replicas: 1 },
  )
  t.ok(manager.ready())
  await until(() => nats.state() === 'connected')
  await nats.ping()
  t.notOk((await admin.streams.names().next()).includes('ALONE'))
})

t.test('an event is stored once within the duplicate window, with its id and its trace', async (t) => {
  const nats = open(t)
  const outcomes: PublishOutcome[] = []
  const publisher = createEventPublisher(nats, (outcome) => void outcomes.push(outcome))
  await until(() => nats.state() === 'connected')
  const before = await stored('OPERATOR_CONFIG')
  const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01'
  const event = { ...anEvent({ name: 'Ünïcode ✓' }), traceparent }
  await publisher.publish(event)
  await publisher.publish(event)
  await publisher.publish({ ...anEvent(), traceparent: 'no\r\ntrace: at all' })

  t.equal((await stored('OPERATOR_CONFIG')) - before, 2)
  const message = await admin.streams.getMessage('OPERATOR_CONFIG', { seq: before + 1 })
  t.same(message.json(), { name: 'Ünïcode ✓' })
  t.equal(message.header.get('Nats-Msg-Id'), event.eventId)
  t.equal(message.header.get('traceparent'), traceparent)
  t.same(
    outcomes,
    Array.from({ length: 3 }, () => ({ event: 'updated', result: 'ok' })),
  )
})

t.test('an event that no retry can store is refused; one without a stream is not', async (t) => {
  const nats = open(t)
  const outcomes: PublishOutcome[] = []
  const publisher = createEventPublisher(nats, (outcome) => void outcomes.push(outcome))
  await until(() => nats.state() === 'connected')
  await t.rejects(publisher.publish(anEvent({ big: 'x'.repeat(1_100_000) })), EventRefused)
  await t.rejects(publisher.publish(anEvent({ version: 1n })), EventRefused)

  await admin.streams.update('OPERATOR_HEALTH', { max_msg_size: 100 })
  const health = { ...anEvent({ long: 'x'.repeat(200) }), subject: 'operator.health.v1' } as const
  await t.rejects(publisher.publish(health), EventRefused)
  await admin.streams.delete('OPERATOR_HEALTH')
  await t.rejects(publisher.publish(health), { code: 'DEPENDENCY_UNAVAILABLE' })
  t.same(
    outcomes.map(({ result }) => result),
    ['refused', 'refused', 'refused', 'error'],
  )
})

t.test('while the server is away a publish fails at once, and works again when it is back', async (t) => {
  const nats = open(t)
  const publisher = createEventPublisher(nats)
  await until(() => nats.state() === 'connected')
  const before = await stored('OPERATOR_CONFIG')
  const event = anEvent()
  await server.kill()
  await until(() => nats.state() === 'disconnected')
  const began = performance.now()
  const awayFor = Array.from({ length: 30 }, async (_, n) => {
    await new Promise((resume) => setTimeout(resume, n * 100))
    await t.rejects(publisher.publish(event), { code: 'DEPENDENCY_UNAVAILABLE' })
    await t.rejects(nats.ping(), { code: 'DEPENDENCY_UNAVAILABLE' })
  })
  await Promise.all(awayFor)
  t.ok(performance.now() - began < 20_000, 'none of them waited for a server')
  await server.start()
  await until(() => nats.state() === 'connected')
  await nats.ping()
  await publisher.publish(event)
  t.equal((await stored('OPERATOR_CONFIG')) - before, 1, 'nothing was sent behind our back')
})

t.test('a server that hangs makes a publish fail within its time limit', async (t) => {
  const nats = open(t)
  const publisher = createEventPublisher(nats)
  await until(() => nats.state() === 'connected')
  await server.pause()
  try {
    await t.rejects(publisher.publish(anEvent()), { code: 'DEPENDENCY_UNAVAILABLE' })
    await t.rejects(nats.ping(), { code: 'DEPENDENCY_UNAVAILABLE' })
  } finally {
    await server.resume()
  }
  await until(
    async () =>
      await nats.ping().then(
        () => true,
        () => false,
      ),
  )
  await publisher.publish(anEvent())
})

t.test(
  'a client that starts before its server connects later, and one that never finds it can be closed',
  async (t) => {
    await server.stop()
    const never = openNats({ servers: ['nats://127.0.0.1:1'], name: 'never' })
    const early = open(t)
    t.equal(early.state(), 'connecting')
    await t.rejects(createEventPublisher(early).publish(anEvent()), { code: 'DEPENDENCY_UNAVAILABLE' })
    await server.start()
    await until(() => early.state() === 'connected')
    await never[Symbol.asyncDispose]()
    t.equal(never.state(), 'closed')
  },
)

t.test('credentials that cannot be read are told of, and looked for again', async (t) => {
  const errors: unknown[] = []
  const address = { servers: [server.url], name: 'test', credsPath: '/nowhere/nats.creds' }
  const nats = openNats(address, (event) => event.type === 'error' && errors.push(event.error))
  await until(() => errors.length > 1)
  t.match(errors[0], { code: 'ENOENT' })
  t.equal(nats.state(), 'connecting')
  await nats[Symbol.asyncDispose]()
})

t.test('a client that closed for good is opened again', async (t) => {
  const nats = open(t)
  await until(() => nats.state() === 'connected')
  await nats.connection().close()
  await until(() => nats.state() !== 'connected')
  await until(() => nats.state() === 'connected')
  await nats.ping()
})

/** Made anew, for a stream remembers the ids of what was purged from it. */
async function emptied(...names: string[]): Promise<void> {
  for (const spec of [...RELAY_STREAMS, ...INGESTOR_STREAMS].filter(({ name }) => names.includes(name))) {
    await admin.streams.delete(spec.name).catch(() => undefined)
    await admin.streams.add({ name: spec.name, subjects: [...spec.subjects], duplicate_window: nanos(600_000) })
  }
}

async function messagesOf(name: string) {
  const { state } = await admin.streams.info(name)
  const sequences = Array.from({ length: state.messages }, (_, n) => state.first_seq + n)
  return Promise.all(sequences.map((seq) => admin.streams.getMessage(name, { seq })))
}

eventPublisherContract(t, async (t) => {
  const nats = open(t)
  await until(() => nats.state() === 'connected')
  await emptied('OPERATOR_CONFIG', 'OPERATOR_HEALTH')
  return {
    publisher: createEventPublisher(nats),
    stored: async () =>
      [...(await messagesOf('OPERATOR_CONFIG')), ...(await messagesOf('OPERATOR_HEALTH'))].map((message) => ({
        eventId: message.header.get('Nats-Msg-Id'),
        subject: message.subject,
        payload: message.json(),
        traceparent: message.header.get('traceparent') || null,
      })),
  }
})

deadLettersContract(t, async (t) => {
  const nats = open(t)
  await until(() => nats.state() === 'connected')
  await emptied('OPS_DEADLETTER')
  return {
    deadLetters: createDeadLetters(nats),
    stored: async () => (await messagesOf('OPS_DEADLETTER')).map((message) => message.json()),
  }
})

t.test('there is one dead letter per operator and hour, and one per undecodable message', async (t) => {
  let now = new Date('2026-11-20T10:59:59.999Z')
  const nats = open(t)
  const letters = createDeadLetters(nats, () => now)
  await until(() => nats.state() === 'connected')
  const before = await stored('OPS_DEADLETTER')
  const unknown = {
    subject: 'operator.health.inbound.v1',
    reason: 'UNKNOWN_OPERATOR',
    operatorId: 'op-1' as never,
    payload: '{}',
  } as const
  const undecodable = { subject: unknown.subject, reason: 'UNDECODABLE', payload: 'é'.repeat(4_000) } as const
  await letters.publish({ ...unknown, streamSequence: 1 })
  await letters.publish({ ...unknown, streamSequence: 2 })
  now = new Date('2026-11-20T11:00:00.000Z')
  await letters.publish({ ...unknown, streamSequence: 3 })
  await letters.publish({ ...undecodable, streamSequence: 4 })
  await letters.publish({ ...undecodable, streamSequence: 4 })
  await letters.publish({ ...undecodable, streamSequence: 5 })
  t.equal((await stored('OPS_DEADLETTER')) - before, 4)

  const last = await admin.streams.getMessage('OPS_DEADLETTER', { last_by_subj: 'ops.deadletter.health' })
  t.match(last.json(), {
    schemaVersion: '1',
    eventId: /^[0-9a-f-]{36}$/,
    at: '2026-11-20T11:00:00.000Z',
    subject: 'operator.health.inbound.v1',
    streamSequence: 5,
    reason: 'UNDECODABLE',
    payload: 'é'.repeat(2_048),
  })
})

t.test('any bytes make a letter of at most 4 KiB', async (t) => {
  t.equal(letterText(Uint8Array.of(0x7b, 0xff, 0x00)), '{\ufffd\u0000')
  t.ok(Buffer.byteLength(letterText(new Uint8Array(10_000).fill(0xff))) <= 4_096)
  t.equal(Buffer.byteLength(letterText(Buffer.from('€'.repeat(3_000)))), 4_095)
})
