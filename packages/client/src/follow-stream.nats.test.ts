import { startDevstack } from '@oms/devstack'
import { until as untilAnswered } from '@oms/testkit'
import { connect, nanos } from 'nats'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { followStream } from './follow-stream.ts'
import type { Problem } from './observer.ts'
import { TIMING } from './timing.ts'

// Each test has a stream of its own: one that is made again at once under its name can be broken in nats-server 2.9.
let stream = ''
let tests = 0
t.beforeEach(() => {
  tests += 1
  stream = `CONFIG_${tests}`
})

const timing = { ...TIMING, requestTimeout: 1_000, retryFirst: 20, retryMost: 200, natsHeartbeat: 200 }

type Scope = { teardown(end: () => PromiseLike<unknown>): void }

// Its own server, for the tests stop it and take its streams away.
const stack = await startDevstack({ services: ['nats'] })
t.teardown(() => stack[Symbol.asyncDispose]())
const server = stack.nats
const publisher = await connect({ servers: server.url, maxReconnectAttempts: -1, reconnectTimeWait: 50 })
t.teardown(() => publisher.close())

const until = (holds: () => boolean | Promise<boolean>) =>
  untilAnswered(holds.toString(), async () => ((await holds()) ? true : undefined), 30_000)

async function makeStream(): Promise<void> {
  const { streams } = await publisher.jetstreamManager({ checkAPI: false })
  await streams.add({ name: stream, subjects: [`${stream}.>`] })
}
async function send(...payloads: unknown[]): Promise<void> {
  for (const payload of payloads) {
    const text = typeof payload === 'string' ? payload : JSON.stringify(payload)
    await publisher.jetstream().publish(`${stream}.updated.v1`, text, { timeout: 1_000 })
  }
}

const numbers = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, n) => ({ n: n + from }))

/** A follower with its own connection, and what it was told. */
async function follower(t: Scope) {
  const nats = await connect({ servers: server.url, maxReconnectAttempts: -1, reconnectTimeWait: 50 })
  const seen: unknown[] = []
  const gaps: number[] = []
  const problems: Problem[] = []
  const follow = followStream({
    nats,
    stream,
    subject: `${stream}.>`,
    onMessage: (payload) => {
      seen.push(payload.n)
      if (payload.n === 'throw') throw new Error('by a reader')
    },
    onGap: () => gaps.push(seen.length),
    timing,
    onProblem: (problem) => problems.push(problem),
  })
  t.teardown(async () => {
    await follow.close()
    await nats.close()
  })
  return { nats, follow, seen, gaps, problems }
}

t.test('what comes after the start is told once and in order, and nothing older', async (t) => {
  await makeStream()
  await send({ n: 'old' })
  const { follow, seen, gaps, problems } = await follower(t)
  await follow.started
  await send(...numbers(1, 500))
  await until(() => seen.length === 500)
  t.same(
    seen,
    numbers(1, 500).map(({ n }) => n),
  )

  await send('no JSON', '[1]', { n: 'throw' }, { n: 501 })
  await until(() => seen.includes(501))
  t.same(seen.slice(500), ['throw', 501])
  t.same(
    problems.map(({ source }) => source),
    ['nats', 'nats', 'nats'],
    'each told once',
  )
  t.same(gaps, [])

  // More than the server sends without being asked for more.
  const long = 'x'.repeat(50_000)
  await Promise.all(numbers(502, 801).map(({ n }) => send({ n, long })))
  await until(() => seen.length === 802)

  await follow.close()
  await send({ n: 'late' })
  t.notOk(seen.includes('late'))
})

t.test('a stream that is made later is followed from its first message', async (t) => {
  const { follow, seen, gaps, problems } = await follower(t)
  await follow.started
  await makeStream()
  await send(...numbers(1, 3))
  await until(() => seen.length === 3)
  t.same(seen, [1, 2, 3])
  t.same(gaps, [])
  // A message may be in before the consumer that it came by is told of.
  await until(() => problems.length === 2)
  t.same(
    problems.map(({ message }) => message),
    [`${stream}: cannot be followed; trying again`, `${stream}: followed again`],
  )
})

t.test('nothing is lost over a restart of the server, a connection cut, or a deleted consumer', async (t) => {
  await makeStream()
  const { nats, follow, seen, gaps } = await follower(t)
  await follow.started
  await send(...numbers(1, 10))
  await until(() => seen.length === 10)

  await server.kill()
  await server.start()
  await until(() =>
    send({ n: 11 }).then(
      () => true,
      () => false,
    ),
  )
  await until(() => seen.includes(11))

  // Sent while the follower cannot hear.
  await nats.reconnect()
  await send(...numbers(12, 20))
  await until(() => seen.includes(20))

  const { consumers } = await publisher.jetstreamManager({ checkAPI: false })
  for await (const { name } of consumers.list(stream)) await consumers.delete(stream, name)
  await send(...numbers(21, 30))
  await until(() => seen.includes(30))

  t.same(
    seen,
    numbers(1, 30).map(({ n }) => n),
  )
  t.same(gaps, [])
})

t.test('a lost message is told of when the stream is another one, or no longer has it', async (t) => {
  await makeStream()
  const { follow, seen, gaps } = await follower(t)
  await follow.started
  await send(...numbers(1, 3))
  await until(() => seen.length === 3)

  const { consumers, streams } = await publisher.jetstreamManager({ checkAPI: false })
  await streams.delete(stream)
  await sleep(1_000)
  await makeStream()
  await send(...numbers(4, 9))
  await until(() => gaps.length === 1)
  await send({ n: 10 })
  await until(() => seen.includes(10))

  // Aged out while nobody could read it.
  await streams.update(stream, { max_age: nanos(300), duplicate_window: nanos(200) })
  await send({ n: 11 })
  await until(() => seen.includes(11))
  const before = seen.length
  for await (const { name } of consumers.list(stream)) await consumers.delete(stream, name)
  await send({ n: 12 })
  await until(async () => (await streams.info(stream)).state.messages === 0)
  await until(() => gaps.length === 2)
  await streams.update(stream, { max_age: 0 })
  await send({ n: 13 })
  await until(() => seen.includes(13))
  t.same(seen.slice(before), [13])
})
