import { startService, until } from '@oms/testkit'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { healthStory } from './support/health-story.ts'
import { reporting } from './support/reporting.ts'
import { wholeStream } from './support/whole-stream.ts'

const LONG_MS = 60_000

const service = await startService(t, { ownPostgres: true })
const { cache, events, nats, peer, postgres, redis, report, sql } = service
const ingestor = service.app('health-ingestor')
const { key, keySince, newOperator, newOperators, settled, tell } = healthStory(service)
const { nothingLost } = wholeStream(service)
const runs = () => ingestor.logLines().filter(({ msg }) => msg === 'health-ingestor is up').length

t.test(
  'without Redis transitions are recorded, published and served; its keys are back within 1 s of it',
  async (t) => {
    const operatorIds = await newOperators(20)
    for (const operatorId of operatorIds) await tell({ operatorId })
    const asked = operatorIds[0] ?? ''
    t.match((await peer(`/operators/${asked}/health`)).body, { healthState: 'HEALTHY', source: 'redis' })

    await redis.kill()
    await until('the loss seen', async () => ((await ingestor.probe('ready')).status === 503 ? true : undefined))
    t.equal((await ingestor.probe('serving')).status, 200)
    for (const operatorId of operatorIds) await report({ operatorId, bindState: 'UNBOUND', bindError: 'lost' })
    t.match((await events.next('operator.health.v1', asked)).payload, { newState: 'HEALTHY' })
    t.match((await events.next('operator.health.v1', asked)).payload, { newState: 'UNHEALTHY', bindError: 'lost' })
    await settled()
    t.match((await peer(`/operators/${asked}/health`)).body, {
      operatorId: asked,
      healthState: 'UNHEALTHY',
      healthStale: false,
      source: 'postgres',
    })

    await redis.start()
    const since = performance.now()
    await until('Redis by our own connection', async () =>
      (await cache.ping().catch(() => undefined)) ? true : undefined,
    )
    await Promise.all(
      operatorIds.map((operatorId) =>
        until(`the key of ${operatorId}`, async () =>
          (await key(operatorId))?.status === 'UNHEALTHY' ? true : undefined,
        ),
      ),
    )
    const tookMs = performance.now() - since
    t.comment(`Redis accepts connections → all keys: ${tookMs.toFixed(0)} ms`)
    t.ok(tookMs <= 1_000, `after ${tookMs.toFixed(0)} ms`)
    const ttl = await cache.ttl(`ops:health:${asked}`)
    t.ok(ttl > 0 && ttl <= 60)
    await settled()
    t.same(await nothingLost(operatorIds), [])
  },
)

for (const [outage, away, back] of [
  ['stopped', () => postgres?.stop(), () => postgres?.start()],
  ['frozen', () => postgres?.pause(), () => postgres?.resume()],
] as const) {
  t.test(`while PostgreSQL is ${outage}, keys of operators that report stay fresh; then all is recorded`, async (t) => {
    const operatorIds = await newOperators(10)
    const silent = await newOperator()
    for (const operatorId of operatorIds) await tell({ operatorId })
    await tell({ operatorId: silent })
    const stop = reporting(report, operatorIds, (round) => (round % 12 < 6 ? 'BOUND' : 'UNBOUND'))

    await away()
    const gone = performance.now()
    await cache.expire(`ops:health:${silent}`, 3)
    await until(
      'blind mode',
      async () => ((await ingestor.metric('ops_health_ingest_blind')) === 1 ? true : undefined),
      LONG_MS,
    )
    const seen = new Set<string>()
    const freshUntil = Math.max(performance.now() + 3_000, gone + 8_000)
    while (performance.now() < freshUntil) {
      const sequence = await report({ operatorId: operatorIds[0] ?? '' })
      seen.add((await keySince(operatorIds[0] ?? '', sequence)).status)
      await Promise.all(operatorIds.map(async (operatorId) => seen.add((await key(operatorId))?.status ?? 'none')))
      await sleep(200)
    }
    t.same([...seen].toSorted(), ['HEALTHY', 'UNHEALTHY'], 'every key is there and follows the reports')
    t.equal(await key(silent), undefined, 'a silent one has expired')
    t.ok((await ingestor.metric('ops_health_ingest_lag')) > 0)
    t.ok((await ingestor.metric('ops_health_ingest_oldest_age_seconds')) > 2)
    t.equal((await ingestor.probe('ready')).status, 503)
    t.equal((await ingestor.probe('serving')).status, 200)

    await back()
    await until(
      'recording again',
      async () => ((await ingestor.metric('ops_health_ingest_blind')) === 0 ? true : undefined),
      LONG_MS,
    )
    await stop()
    await settled(LONG_MS)
    t.same(await nothingLost(operatorIds), [])
    await until('ready', async () => ((await ingestor.probe('ready')).status === 200 ? true : undefined))
    t.equal(runs(), 1, 'it was never restarted')
  })
}

for (const [outage, away, back] of [
  ['killed and started again', () => nats.kill(), () => nats.start()],
  ['frozen for a while', () => nats.pause(), () => nats.resume()],
] as const) {
  t.test(`after NATS was ${outage}, reports are taken in as before`, async (t) => {
    const operatorIds = await newOperators(10)
    for (const operatorId of operatorIds) await tell({ operatorId })
    await away()
    await until(
      'the loss seen',
      async () => ((await ingestor.probe('serving')).status === 503 ? true : undefined),
      LONG_MS,
    )
    t.equal((await ingestor.probe('live')).status, 200)
    await back()
    await until('our own connection', () => events.nats.rtt().catch(() => undefined), LONG_MS)
    for (const operatorId of operatorIds) await tell({ operatorId, bindState: 'UNBOUND' })
    t.same(await nothingLost(operatorIds), [])
    await until('serving', async () => ((await ingestor.probe('serving')).status === 200 ? true : undefined))
    t.equal(runs(), 1)
    t.equal((await sql`SELECT FROM ops.outbox WHERE parked_at IS NOT NULL`).length, 0)
  })
}
