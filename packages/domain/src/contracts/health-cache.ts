import type { Test } from 'tap'
import { micros } from '../health/micros.ts'
import type { CachedHealth, HealthCache, HealthCacheEntry } from '../health/health-cache.ts'
import { newOperatorId } from './samples.ts'

export type OpenHealthCache = (t: Test) => Promise<
  Readonly<{
    cache: HealthCache /** The key's remaining life. */
    ttlSeconds(id: HealthCacheEntry['operatorId']): Promise<number>
  }>
>

const RECEIVED = 1_795_190_400_123_456

const value = (facts: Partial<CachedHealth> = {}): CachedHealth => ({
  status: 'HEALTHY',
  errorRate: 0.012345,
  bindState: 'BOUND',
  since: '2026-11-20T15:59:00.000Z',
  at: '2026-11-20T16:00:00.123Z',
  receivedAt: micros(RECEIVED),
  streamSequence: 9,
  ...facts,
})

export function healthCacheContract(t: Test, open: OpenHealthCache): void {
  t.test('a key that was never set is not there', async (t) => {
    const { cache } = await open(t)
    t.equal(await cache.get(newOperatorId()), undefined)
    await t.resolves(cache.put([]))
  })

  t.test('values come back as they were put, each with its life', async (t) => {
    const { cache, ttlSeconds } = await open(t)
    const [one, two] = [newOperatorId(), newOperatorId()]
    const second = value({ status: 'UNKNOWN', errorRate: null, bindState: null })
    await cache.put([
      { operatorId: one, value: value(), ttlSeconds: 60 },
      { operatorId: two, value: second, ttlSeconds: 600 },
    ])
    t.same(await cache.get(one), value())
    t.same(await cache.get(two), second)
    const [short, long] = [await ttlSeconds(one), await ttlSeconds(two)]
    t.ok(short > 0 && short <= 60, String(short))
    t.ok(long > 60 && long <= 600, String(long))
  })

  const newer = [
    ['by one microsecond', { receivedAt: micros(RECEIVED + 1), streamSequence: 1 }],
    ['by its stream sequence alone', { streamSequence: 10 }],
  ] as const
  for (const [how, order] of newer) {
    t.test(`a newer value wins, ${how}`, async (t) => {
      const { cache } = await open(t)
      const operatorId = newOperatorId()
      await cache.put([{ operatorId, value: value(), ttlSeconds: 60 }])
      const next = value({ ...order, status: 'DEGRADED' })
      await cache.put([{ operatorId, value: next, ttlSeconds: 60 }])
      t.same(await cache.get(operatorId), next)
    })
  }

  const older = [
    ['by one microsecond', { receivedAt: micros(RECEIVED - 1), streamSequence: 10 }],
    ['by its stream sequence alone', { streamSequence: 8 }],
  ] as const
  for (const [how, order] of older) {
    t.test(`an older value changes neither value nor life, ${how}`, async (t) => {
      const { cache, ttlSeconds } = await open(t)
      const operatorId = newOperatorId()
      await cache.put([{ operatorId, value: value(), ttlSeconds: 60 }])
      await cache.put([{ operatorId, value: value({ ...order, status: 'DEGRADED' }), ttlSeconds: 600 }])
      t.same(await cache.get(operatorId), value())
      t.ok((await ttlSeconds(operatorId)) <= 60)
    })
  }

  t.test('the same value again starts its life anew', async (t) => {
    const { cache, ttlSeconds } = await open(t)
    const operatorId = newOperatorId()
    await cache.put([{ operatorId, value: value(), ttlSeconds: 60 }])
    await cache.put([{ operatorId, value: value(), ttlSeconds: 600 }])
    t.same(await cache.get(operatorId), value())
    t.ok((await ttlSeconds(operatorId)) > 60)
  })

  t.test('within one put the newest value of an operator wins, in any order', async (t) => {
    const { cache } = await open(t)
    const operatorId = newOperatorId()
    const last = value({ streamSequence: 12, status: 'UNHEALTHY' })
    await cache.put([
      { operatorId, value: value({ streamSequence: 11 }), ttlSeconds: 60 },
      { operatorId, value: last, ttlSeconds: 60 },
      { operatorId, value: value({ streamSequence: 10 }), ttlSeconds: 60 },
    ])
    t.same(await cache.get(operatorId), last)
  })

  t.test('one put may hold many operators', async (t) => {
    const { cache } = await open(t)
    const entries = Array.from({ length: 300 }, (_, index) => ({
      operatorId: newOperatorId(),
      value: value({ streamSequence: index }),
      ttlSeconds: 60,
    }))
    await cache.put(entries)
    for (const entry of entries) t.same(await cache.get(entry.operatorId), entry.value)
  })

  t.test('initialising sets a key that is not there, and no other', async (t) => {
    const { cache, ttlSeconds } = await open(t)
    const operatorId = newOperatorId()
    const initial = value({ status: 'UNKNOWN', receivedAt: micros(0), streamSequence: 0 })
    await cache.initialise({ operatorId, value: initial, ttlSeconds: 60 })
    t.same(await cache.get(operatorId), initial)
    await cache.put([{ operatorId, value: value(), ttlSeconds: 60 }])
    await cache.initialise({ operatorId, value: initial, ttlSeconds: 600 })
    t.same(await cache.get(operatorId), value())
    t.ok((await ttlSeconds(operatorId)) <= 60)
  })

  t.test('a removed key is gone, and once more is no error', async (t) => {
    const { cache } = await open(t)
    const operatorId = newOperatorId()
    await cache.put([{ operatorId, value: value(), ttlSeconds: 60 }])
    await cache.remove(operatorId)
    t.equal(await cache.get(operatorId), undefined)
    await t.resolves(cache.remove(operatorId))
    await cache.put([{ operatorId, value: value({ streamSequence: 1 }), ttlSeconds: 60 }])
    t.same(await cache.get(operatorId), value({ streamSequence: 1 }), 'an older value may come now')
  })

  t.test('a key ends with its life', async (t) => {
    const { cache } = await open(t)
    const operatorId = newOperatorId()
    await cache.put([{ operatorId, value: value(), ttlSeconds: 1 }])
    const deadline = Date.now() + 30_000
    while ((await cache.get(operatorId)) !== undefined && Date.now() < deadline) {
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
    t.equal(await cache.get(operatorId), undefined)
  })

  t.test('its clock is of today and does not stand still', async (t) => {
    const { cache } = await open(t)
    const begun = await cache.now()
    t.ok(Math.abs(begun / 1_000 - Date.now()) < 3_600_000, 'in microseconds')
    await new Promise((resolve) => setTimeout(resolve, 5))
    t.ok((await cache.now()) > begun)
  })
}
