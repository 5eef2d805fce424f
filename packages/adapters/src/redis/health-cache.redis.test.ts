import t, { type Test } from 'tap'
import { startDevstack, testStack } from '@oms/devstack'
import { type CachedHealth, type HealthCacheEntry, type Micros, type OperatorId, Secret } from '@oms/domain'
import { healthCacheContract } from '@oms/domain/contracts'
import { Redis } from 'ioredis'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { inspect } from 'node:util'
import { createHealthCache, openRedis, type RedisFailure } from './index.ts'
import { untilHolds } from '../../test/support/until.ts'

const { redis } = await testStack(t, ['redis'])
const raw = new Redis(redis.url)
t.teardown(() => raw.disconnect())

const newId = () => randomUUID() as string as OperatorId

const healthAt = (receivedAt: number, streamSequence = 1, errorRate = 0): CachedHealth => ({
  status: 'HEALTHY',
  errorRate,
  bindState: 'BOUND',
  since: '2026-11-20T10:00:00.000Z',
  at: '2026-11-20T10:00:00.000Z',
  receivedAt: receivedAt as Micros,
  streamSequence,
})

const NOW = Date.now() * 1_000
const entry = (operatorId: OperatorId, value: CachedHealth, ttlSeconds = 60): HealthCacheEntry => ({
  operatorId,
  value,
  ttlSeconds,
})

async function open(t: Test, url = redis.url) {
  const results: string[] = []
  const garbage: string[] = []
  const failures: RedisFailure[] = []
  const connection = openRedis({ url }, { onError: (failure) => failures.push(failure) })
  t.teardown(() => connection[Symbol.asyncDispose]())
  const cache = createHealthCache(connection, {
    onSet: (result) => results.push(result),
    onGarbage: (operatorId) => garbage.push(operatorId),
  })
  const answers = () =>
    connection.ping().then(
      () => true,
      () => false,
    )
  await untilHolds('Redis answers', answers)
  return { connection, cache, results, garbage, failures, answers }
}

healthCacheContract(t, async (t) => {
  const { cache } = await open(t)
  return { cache, ttlSeconds: (operatorId) => raw.ttl(`ops:health:${operatorId}`) }
})

t.test('a report is read back as it was put, under its key, for its life', async (t) => {
  const { cache, results } = await open(t)
  const id = newId()
  t.equal(await cache.get(id), undefined)
  const value = { ...healthAt(NOW + 123, 77, 0.25), bindState: null, errorRate: null }
  await cache.put([entry(id, value)])
  t.same(await cache.get(id), value)
  t.same(JSON.parse((await raw.get(`ops:health:${id}`)) ?? ''), value)
  const life = await raw.ttl(`ops:health:${id}`)
  t.ok(life > 50 && life <= 60, `life of ${life} s`)
  t.same(results, ['ok'])
  await cache.remove(id)
  t.equal(await raw.exists(`ops:health:${id}`), 0)
  await cache.put([])
})

t.test('initialise sets only what is not there', async (t) => {
  const { cache } = await open(t)
  const id = newId()
  await cache.initialise(entry(id, healthAt(NOW, 1), 30))
  t.equal((await cache.get(id))?.receivedAt, NOW)
  t.ok((await raw.ttl(`ops:health:${id}`)) <= 30)
  await cache.initialise(entry(id, healthAt(NOW + 1, 2), 60))
  t.equal((await cache.get(id))?.receivedAt, NOW)
  t.ok((await raw.ttl(`ops:health:${id}`)) <= 30)
})

t.test('an older report changes neither value nor life; the same one again lengthens its life', async (t) => {
  const { cache } = await open(t)
  const id = newId()
  const key = `ops:health:${id}`
  await cache.put([entry(id, healthAt(NOW, 5, 0.5), 20)])
  for (const [at, sequence] of [
    [NOW - 1, 9],
    [NOW, 4],
  ] as const) {
    await cache.put([entry(id, healthAt(at, sequence, 0.9), 60)])
    t.same(await cache.get(id), healthAt(NOW, 5, 0.5))
    t.ok((await raw.ttl(key)) <= 20)
  }
  await cache.put([entry(id, healthAt(NOW, 5, 0.5), 60)])
  t.ok((await raw.ttl(key)) > 20, 'the same report')
  await cache.put([entry(id, healthAt(NOW, 6, 0.6), 60)])
  t.equal((await cache.get(id))?.errorRate, 0.6, 'a later one of the same microsecond')
})

t.test('of 200 concurrent puts in any order the newest wins', async (t) => {
  const first = await open(t)
  const second = await open(t)
  const id = newId()
  const values = Array.from({ length: 200 }, (_, index) => healthAt(NOW + Math.floor(index / 4), index, index / 200))
  const shuffled = values
    .map((value, index) => ({ value, order: (index * 7919) % 200 }))
    .sort((a, b) => a.order - b.order)
  await Promise.all(
    shuffled.map(({ value }, index) => (index % 2 === 0 ? first : second).cache.put([entry(id, value)])),
  )
  t.same(await first.cache.get(id), values.at(-1))
})

t.test('what is no health value counts as absent, is reported, and is replaced', async (t) => {
  const { cache, garbage } = await open(t)
  const id = newId()
  const key = `ops:health:${id}`
  for (const text of ['', 'no json', '[]', 'null', '{"status":"FINE"}', JSON.stringify({ ...healthAt(NOW), at: 7 })]) {
    await raw.set(key, text)
    t.equal(await cache.get(id), undefined, text)
  }
  t.same(garbage, Array(6).fill(id))
  await raw.set(key, '{"receivedAt":"never","streamSequence":[]}')
  await cache.put([entry(id, healthAt(NOW))])
  t.same(await cache.get(id), healthAt(NOW))
  await raw.del(key)
  await raw.hset(key, 'a', 'hash')
  await t.rejects(cache.get(id), { code: 'DEPENDENCY_UNAVAILABLE', cause: { code: 'WRONGTYPE' } })
  await cache.put([entry(id, healthAt(NOW))])
  t.same(await cache.get(id), healthAt(NOW))
})

t.test(
  'hundreds of keys go in one round trip, by hash once the script is known, and again after SCRIPT FLUSH',
  async (t) => {
    const proxy = await startProxy(t, redis.url)
    const { cache } = await open(t, proxy.url)
    const ids = Array.from({ length: 300 }, newId)
    const put = (round: number) => cache.put(ids.map((id) => entry(id, healthAt(NOW + round))))
    const written = async (round: number) => {
      const values = await raw.mget(ids.map((id) => `ops:health:${id}`))
      return values.every((text) => text !== null && text.includes(String(NOW + round)))
    }

    await put(1)
    t.ok(await written(1))

    proxy.startCounting()
    await put(2)
    t.equal(proxy.turns(), 1, 'all were sent before the first answer came')
    t.ok(proxy.bytesSent() / ids.length < 500, 'the script itself is not sent again')
    t.ok(await written(2))

    await raw.script('FLUSH')
    await put(3)
    t.ok(await written(3))
  },
)

t.test('a key that fails does not keep the others from being written', async (t) => {
  const { cache, results } = await open(t)
  const [good, bad] = [newId(), newId()]
  await t.rejects(cache.put([entry(bad, healthAt(NOW), -1), entry(good, healthAt(NOW))]), {
    code: 'DEPENDENCY_UNAVAILABLE',
  })
  t.same(await cache.get(good), healthAt(NOW))
  t.same(results.sort(), ['error', 'ok'])
})

t.test('no error carries what was sent', async (t) => {
  const { cache } = await open(t)
  const id = newId()
  const error: unknown = await cache
    .put([entry(id, { ...healthAt(NOW), since: 'canary-77' }, -1)])
    .catch((cause: unknown) => cause)
  t.ok(error instanceof Error)
  t.notMatch(inspect(error, { showHidden: true, depth: 10 }), /canary-77/)
})

t.test('a wrong password is reported without being printed, and is no unhandled error', async (t) => {
  const failures: RedisFailure[] = []
  const connection = openRedis(
    { url: redis.url.replace('redis://', 'redis://nobody@'), password: new Secret('canary-88') },
    { onError: (failure) => failures.push(failure) },
  )
  t.teardown(() => connection[Symbol.asyncDispose]())
  await untilHolds('the refusal is reported', () => failures.some(({ code }) => code === 'WRONGPASS'))
  t.notMatch(inspect(failures, { showHidden: true, depth: 10 }), /canary-88/)
  t.notMatch(JSON.stringify(failures), /canary-88/)
})

t.test('while Redis is away every call fails fast, and all works again when it is back', async (t) => {
  const own = await startDevstack({ services: ['redis'] })
  t.teardown(() => own[Symbol.asyncDispose]())
  const { connection, cache, failures } = await open(t, own.redis.url)
  const id = newId()
  const failsFast = async (what: string) => {
    const calls: (() => Promise<unknown>)[] = [
      () => cache.put([entry(id, healthAt(NOW)), entry(newId(), healthAt(NOW))]),
      () => cache.initialise(entry(id, healthAt(NOW))),
      () => cache.get(id),
      () => cache.remove(id),
      () => connection.ping(),
    ]
    for (const call of calls) {
      const since = performance.now()
      await t.rejects(call(), { code: 'DEPENDENCY_UNAVAILABLE', retryAfter: 1 }, what)
      t.ok(performance.now() - since < 10_000, `${what}: an answer in finite time`)
    }
  }
  let returns = 0
  const stopListening = connection.onReady(() => {
    returns += 1
    cache.put([entry(id, healthAt(NOW))]).catch(() => {})
  })
  const isBack = async () => (await cache.get(id).catch(() => undefined)) !== undefined

  await own.redis.kill()
  await untilHolds('the loss is noticed', () => failures.length > 0)
  await failsFast('killed')
  t.match(failures[0], { name: 'RedisFailure', code: /^ECONN/ })
  await own.redis.start()
  await untilHolds('the key was rewritten', isBack)
  t.equal(returns, 1)

  await own.redis.pause()
  await failsFast('paused')
  await own.redis.resume()
  await untilHolds('answers again', isBack)

  await own.redis.stop()
  await sleep(3_000)
  await failsFast('stopped')
  const before = returns
  await own.redis.start()
  const since = performance.now()
  await untilHolds('Redis is back', () => returns > before)
  t.comment(`ready again ${Math.round(performance.now() - since)} ms after the start`)
  await untilHolds('the key was rewritten', isBack)

  stopListening()
  const heard = returns
  await own.redis.kill()
  await own.redis.start()
  await untilHolds('answers again', () =>
    connection.ping().then(
      () => true,
      () => false,
    ),
  )
  t.equal(returns, heard, 'nobody is told any more')
})

t.test('closing does not wait for a Redis that hangs or is not there', async (t) => {
  const own = await startDevstack({ services: ['redis'] })
  t.teardown(() => own[Symbol.asyncDispose]())
  const { connection, cache } = await open(t, own.redis.url)
  await own.redis.pause()
  await connection[Symbol.asyncDispose]()
  await t.rejects(cache.get(newId()), { code: 'DEPENDENCY_UNAVAILABLE' })
  await own.redis.resume()

  const nowhere = openRedis({ url: 'redis://127.0.0.1:1' })
  await t.rejects(nowhere.ping(), { code: 'DEPENDENCY_UNAVAILABLE', cause: { code: 'NO_CONNECTION' } })
  await nowhere[Symbol.asyncDispose]()
})

t.test('a ping ends with its signal', async (t) => {
  const own = await startDevstack({ services: ['redis'] })
  t.teardown(() => own[Symbol.asyncDispose]())
  const { connection } = await open(t, own.redis.url)
  await own.redis.pause()
  await t.rejects(connection.ping(AbortSignal.timeout(20)), { code: 'DEPENDENCY_UNAVAILABLE' })
  await own.redis.resume()
})

/** Passes bytes on, answers only once the client has said all it had to say, and counts how often it spoke again after one. */
async function startProxy(t: Test, url: string) {
  const target = new URL(url)
  const sockets = new Set<Socket>()
  let turns = 0
  let sent = 0
  const server = createServer((client) => {
    const upstream = connect({ host: target.hostname, port: Number(target.port) })
    let heard = true
    let held: Buffer[] = []
    let release: NodeJS.Timeout | undefined
    const answer = () => {
      if (held.length === 0) return
      heard = true
      client.write(Buffer.concat(held))
      held = []
    }
    const soon = () => {
      clearTimeout(release)
      release = setTimeout(answer, 50)
    }
    client.on('data', (data) => {
      if (heard) turns += 1
      heard = false
      sent += data.length
      upstream.write(data)
      soon()
    })
    upstream.on('data', (data) => {
      held.push(data)
      soon()
    })
    for (const [from, to] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(from)
      from.on('error', () => {})
      from.on('close', () => to.destroy())
    }
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return {
    url: `redis://127.0.0.1:${(server.address() as AddressInfo).port}`,
    startCounting() {
      turns = 0
      sent = 0
    },
    turns: () => turns,
    bytesSent: () => sent,
  }
}
