import t, { type Test } from 'tap'
import { startDevstack } from '@oms/devstack'
import { until } from '@oms/devstack/clients'
import { Cluster, Redis } from 'ioredis'
import { connect } from 'nats'
import { OperatorClientError } from './errors.ts'
import { createHealth, type HealthChange } from './health.ts'
import type { HealthAnswer } from './health-word.ts'
import type { DirectoryOperator, HealthState } from './operator.ts'
import type { Problem } from './observer.ts'
import { TIMING, type Timing } from './timing.ts'

const own = await startDevstack({ services: ['redis', 'nats'] })
t.teardown(() => own[Symbol.asyncDispose]())
const raw = new Redis(own.redis.url, { retryStrategy: () => 20 })
raw.on('error', () => undefined)
t.teardown(() => raw.disconnect())

const SCALED: Timing = { ...TIMING, redisTimeout: 400, retryFirst: 20, retryMost: 100, healthPoll: 50 }
const AT = Date.parse('2026-11-20T10:00:00.000Z')
const ISO = '2026-11-20T10:00:00.000Z'

const valueOf = (status: HealthState, at = 0) =>
  JSON.stringify({ status, receivedAt: (AT + at) * 1_000, streamSequence: 1 })
const put = (id: string, status: HealthState, at = 0) => raw.set(`ops:health:${id}`, valueOf(status, at), 'EX', 60)
const recorded = (healthState: HealthState, at = 0, healthStale = false): HealthAnswer => ({
  ...{ healthState, healthStale },
  ...{ lastReceivedAt: new Date(AT + at).toISOString(), source: 'postgres' },
})

type Setting = Readonly<{
  redis?: Redis | Cluster
  timing?: Partial<Timing>
  nats?: boolean
  known?: readonly string[]
}>

async function open(t: Test, { redis, timing, nats = false, known = ['a'] }: Setting = {}) {
  const client = redis ?? new Redis(own.redis.url, { retryStrategy: () => 20 })
  const connection = nats ? connect({ servers: own.nats.url }) : new Promise<never>(() => undefined)
  const problems: Problem[] = []
  const changes: string[] = []
  const questions: string[] = []
  const answers = new Map<string, HealthAnswer | Promise<HealthAnswer> | Error>()
  const api = {
    async get(path: string) {
      questions.push(path)
      const answer = answers.get(path.split('/')[2] ?? '') ?? new OperatorClientError('NOT_FOUND', 'no operator')
      if (answer instanceof Error) throw answer
      return answer
    },
  }
  const health = createHealth({
    ...{ api, redis: client, nats: connection, known: () => known, timing: { ...SCALED, ...timing } },
    onProblem: (problem) => problems.push(problem),
  })
  health.onChange(({ operatorId, before, after }: HealthChange) => changes.push(`${operatorId}: ${before} > ${after}`))
  t.teardown(async () => {
    await health.close()
    client.disconnect()
    if (nats) await (await connection).close()
  })
  const becomes = (state: HealthState, id = 'a') =>
    until(`${id} is ${state}`, async () => (health.stateOf(id) === state ? true : undefined), 30_000)
  const answeredBy = (source: string, id = 'a') =>
    until(`health from ${source}`, async () => ((await health.get(id)).source === source ? true : undefined), 30_000)
  if (redis === undefined)
    await until('a connection', async () => (client.status === 'ready' ? true : undefined), 30_000)
  return { health, client, problems, changes, questions, answers, becomes, answeredBy }
}

const away = new OperatorClientError('UNAVAILABLE', 'internal-api is away')

t.test('health comes from Redis, of what it does not have from the internal API, else it is UNKNOWN', async (t) => {
  const { health, questions, answers } = await open(t, { known: [] })
  await put('a', 'DEGRADED')
  t.same(await health.get('a'), {
    ...{ operatorId: 'a', healthState: 'DEGRADED', healthStale: false, lastReceivedAt: ISO, source: 'redis' },
  })
  await raw.set('ops:health:new', JSON.stringify({ status: 'UNKNOWN', receivedAt: 0, streamSequence: 0 }))
  t.match(await health.get('new'), {
    healthState: 'UNKNOWN',
    healthStale: false,
    lastReceivedAt: null,
    source: 'redis',
  })
  t.same(questions, [])

  const slow = Promise.withResolvers<HealthAnswer>()
  answers.set('b', slow.promise)
  const both = Promise.all([health.get('b'), health.get('b')])
  await health.get('a')
  slow.resolve(recorded('HEALTHY'))
  const [one, other] = await both
  t.same(one, { operatorId: 'b', ...recorded('HEALTHY') })
  t.same(other, one)
  t.same(questions, ['/operators/b/health'], 'one request for both')

  for (const nonsense of ['', 'no json', '[]', '{"status":"FINE","receivedAt":1,"streamSequence":1}']) {
    await raw.set('ops:health:b', nonsense)
    t.match(await health.get('b'), { healthState: 'HEALTHY', source: 'postgres' }, nonsense)
  }
  await raw.del('ops:health:b')
  await raw.hset('ops:health:b', 'a', 'hash')
  for (let reads = 0; reads < 5; reads += 1) t.match(await health.get('b'), { source: 'postgres' })
  t.match(await health.get('a'), { source: 'redis' }, 'one key of the wrong type breaks no circuit')

  for (let reads = 0; reads < 5; reads += 1) await t.rejects(health.get('gone'), { code: 'NOT_FOUND' })
  answers.set('b', away)
  const unknown = {
    operatorId: 'b',
    healthState: 'UNKNOWN',
    healthStale: true,
    lastReceivedAt: null,
    source: 'unknown',
  }
  const asked = questions.length
  for (let reads = 0; reads < 50; reads += 1) t.same(await health.get('b'), unknown)
  t.ok(questions.length < asked + 50, 'what is away is not asked each time')
  answers.set('b', recorded('DEGRADED'))
  await until('the internal API is back', async () =>
    (await health.get('b')).source === 'postgres' ? true : undefined,
  )
})

t.test('a Redis that hangs or is gone costs its time-out a few times, not each time', async (t) => {
  const { health, client, answers, answeredBy, problems } = await open(t, { known: ['a', 'b'] })
  await put('a', 'HEALTHY')
  answers.set('a', recorded('DEGRADED'))
  await answeredBy('redis')

  await own.redis.pause()
  const since = performance.now()
  for (let reads = 0; reads < 200; reads += 1) await health.get('a')
  t.ok(performance.now() - since < 100 * SCALED.redisTimeout, 'not 200 time-outs')
  t.match(await health.get('a'), { healthState: 'DEGRADED', source: 'postgres' })
  await own.redis.resume()
  await answeredBy('redis')

  await own.redis.kill()
  await answeredBy('postgres')
  await own.redis.start()
  await until('Redis is back', async () => (client.status === 'ready' ? true : undefined), 30_000)
  await put('a', 'HEALTHY', 10)
  await answeredBy('redis')
  t.ok(problems.some(({ source, message }) => source === 'redis' && /does not answer/.test(message)))
  t.ok(problems.some(({ source, message }) => source === 'redis' && message === 'answers again'))
})

t.test('routes go by keys, events and snapshots, and by what was last known when Redis is emptied', async (t) => {
  const nats = await connect({ servers: own.nats.url })
  t.teardown(() => nats.close())
  const manager = await nats.jetstreamManager()
  await manager.streams.add({ name: 'OPERATOR_HEALTH', subjects: ['operator.health.v1'] })
  const many = Array.from({ length: 1_200 }, (_, index) => `many-${index}`)
  const { health, becomes, changes } = await open(t, { nats: true, known: ['a', 'b', ...many] })
  const publish = (newState: HealthState, at: number, transition: number) =>
    nats.publish(
      'operator.health.v1',
      JSON.stringify({ operatorId: 'a', newState, at: new Date(AT + at).toISOString(), transition }),
    )

  health.learn([{ operatorId: 'b', healthState: 'DEGRADED', healthStale: false } as DirectoryOperator])
  t.equal(health.stateOf('b'), 'DEGRADED', 'at once')
  await becomes('UNKNOWN', 'b')

  await put('a', 'HEALTHY', 1_000)
  await raw.mset(new Map(many.map((id) => [`ops:health:${id}`, valueOf('DEGRADED')])))
  await becomes('HEALTHY')
  for (const id of ['many-0', 'many-700', 'many-1199']) await becomes('DEGRADED', id)

  publish('HEALTHY', 500, 1)
  nats.publish('operator.health.v1', '{"operatorId":"a","newState":"FINE"}')
  // The stream need not be followed yet: what was missed is then only heard of with the next event.
  let transition = 1
  await until('an event', async () => {
    transition += 1
    publish('UNHEALTHY', 2_000 + transition, transition)
    return health.stateOf('a') === 'UNHEALTHY' ? true : undefined
  })
  await put('a', 'UNHEALTHY', 60_000)
  await put('b', 'HEALTHY')
  await becomes('HEALTHY', 'b')

  await own.redis.kill()
  await own.redis.start()
  await until('Redis answers', async () => ((await raw.ping().catch(() => undefined)) ? true : undefined), 30_000)
  await put('a', 'HEALTHY', 70_000)
  await becomes('HEALTHY')
  t.equal(health.stateOf('b'), 'HEALTHY', 'its key is gone')
  t.equal(health.stateOf('many-1199'), 'DEGRADED')
  health.forget('b')
  t.equal(health.stateOf('b'), 'UNKNOWN')
  t.same(
    changes.filter((change) => change.startsWith('a')),
    ['a: UNKNOWN > HEALTHY', 'a: HEALTHY > UNHEALTHY', 'a: UNHEALTHY > HEALTHY'],
  )
})

t.test('silence is UNKNOWN with Redis, with the internal API, with neither, and ends', async (t) => {
  const timing = { healthSilence: 2_000, redisTimeout: 10_000 }
  const { health, becomes, answers, changes, questions } = await open(t, { timing })
  await put('a', 'HEALTHY')
  await becomes('HEALTHY')
  const asked = questions.length
  await becomes('UNKNOWN')
  t.equal(questions.length, asked, 'while Redis answers nobody else is asked')

  await put('a', 'HEALTHY', 6_000)
  await becomes('HEALTHY')
  answers.set('a', recorded('DEGRADED', 7_000))
  await own.redis.kill()
  await becomes('DEGRADED')
  answers.set('a', recorded('UNKNOWN', 7_000, true))
  await becomes('UNKNOWN')
  answers.set('a', recorded('HEALTHY', 20_000))
  await becomes('HEALTHY')
  answers.set('a', away)
  await becomes('UNKNOWN')
  t.match(await health.get('a'), { healthState: 'UNKNOWN', healthStale: true, source: 'unknown' })

  await own.redis.start()
  await until('Redis answers', async () => ((await raw.ping().catch(() => undefined)) ? true : undefined), 30_000)
  await put('a', 'DEGRADED', 30_000)
  await becomes('DEGRADED')
  const last = () => changes.at(-1)?.split(' > ')[1]
  await until('all is told', async () => (last() === 'DEGRADED' ? true : undefined))
  const told = changes.map((change) => change.slice('a: '.length).split(' > '))
  t.ok(
    told.every(([before], index) => before === (told[index - 1]?.[1] ?? 'UNKNOWN')),
    'an unbroken chain',
  )
  t.ok(told.every(([before, after]) => before !== after))
})

t.test(
  "the host's connection stays the host's: nothing is queued in it, none of its errors ends the process",
  async (t) => {
    const nowhere = { host: '127.0.0.1', port: 1 }
    const clients = [
      () => new Redis({ ...nowhere, lazyConnect: true, retryStrategy: () => 5 }),
      () => new Cluster([nowhere], { clusterRetryStrategy: () => 5 }),
    ]
    for (const connectTo of clients) {
      const redis = connectTo()
      const { health } = await open(t, { redis })
      await until('a lost connection', async () => (redis.status === 'reconnecting' ? true : undefined), 30_000)
      for (let reads = 0; reads < 100; reads += 1) await t.rejects(health.get('a'), { code: 'NOT_FOUND' })
      const queue: unknown = Reflect.get(redis, 'offlineQueue')
      t.match(queue, { length: 0 })
      t.equal(redis.listenerCount('error'), 1)
      await health.close()
      t.equal(redis.listenerCount('error'), 0)
      t.not(redis.status, 'end')
      redis.disconnect()
    }
  },
)
