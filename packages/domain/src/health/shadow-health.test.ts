import t from 'tap'
import { aReport, atSecond, NOON, type Said } from '../../test/support/reports.ts'
import { newOperatorId } from '../contracts/samples.ts'
import { DomainError } from '../errors.ts'
import { memoryPorts } from '../memory/memory-ports.ts'
import type { CachedHealth } from './health-cache.ts'
import { HEALTH_THRESHOLD_DEFAULTS } from './health-thresholds.ts'
import { micros } from './micros.ts'
import { unreported } from './operator-health.ts'
import { createShadowHealth } from './shadow-health.ts'

const away = new DomainError('DEPENDENCY_UNAVAILABLE', 'away')
const operatorId = newOperatorId()
const of = (said: Said) => aReport(said, { operatorId })

function aWorld() {
  const memory = memoryPorts({ now: () => new Date(NOON / 1_000) })
  const shadow = createShadowHealth({ ...memory, thresholds: HEALTH_THRESHOLD_DEFAULTS })
  const status = async () => (await memory.healthCache.get(operatorId))?.status
  return { ...memory, shadow, status }
}

const key = (second: number, facts: Partial<CachedHealth> = {}): CachedHealth => ({
  status: 'HEALTHY',
  errorRate: 0,
  bindState: 'BOUND',
  since: '2026-11-20T12:00:00.000Z',
  at: '2026-11-20T12:00:00.000Z',
  receivedAt: atSecond(second),
  streamSequence: 1,
  ...facts,
})

t.test('reports keep the keys fresh without a state of record, and nothing is logged or published', async (t) => {
  const { shadow, status, healthCache, store } = aWorld()
  await shadow.absorb([of({ second: 0 })])
  t.equal(await status(), 'HEALTHY')
  t.equal(healthCache.ttlSeconds(operatorId), 60)
  await shadow.absorb([of({ second: 10, bind: 'UNBOUND' })])
  t.equal(await status(), 'UNHEALTHY')
  t.equal(store.outbox.size, 0)
  t.same(store.healthLog, [])
  t.equal(store.health.size, 0)
})

t.test('what was held so far counts from one batch to the next', async (t) => {
  const { shadow, status } = aWorld()
  for (let second = 0; second <= 60; second += 10) await shadow.absorb([of({ second, rate: 0.1 })])
  t.equal(await status(), 'DEGRADED')
})

t.test('it goes on from what was last recorded', async (t) => {
  const { shadow, status } = aWorld()
  const crossings = { aboveDegraded: atSecond(0), aboveUnhealthy: null, recovered: null }
  const last = { lastReceivedAt: atSecond(50), lastStreamSequence: 51, lastSeenAt: atSecond(50) }
  shadow.learn([{ ...unreported(operatorId), state: 'HEALTHY', since: atSecond(0), crossings, ...last }])
  await shadow.absorb([of({ second: 60, rate: 0.1 })])
  t.equal(await status(), 'DEGRADED')
})

t.test('reports that were already taken in write no key', async (t) => {
  const { shadow, status, healthCache } = aWorld()
  await shadow.absorb([of({ second: 10 })])
  await healthCache.remove(operatorId)
  await shadow.absorb([of({ second: 10 }), of({ second: 9, bind: 'UNBOUND' })])
  t.equal(await status(), undefined)
})

t.test('a key that another replica wrote meanwhile is the newer ground', async (t) => {
  const { shadow, healthCache } = aWorld()
  await shadow.absorb([of({ second: 0 })])
  await healthCache.put([{ operatorId, value: key(30, { status: 'UNHEALTHY' }), ttlSeconds: 60 }])
  await shadow.absorb([of({ second: 20 }), of({ second: 31, rate: 0.5 })])
  t.match(await healthCache.get(operatorId), {
    status: 'UNHEALTHY',
    since: '2026-11-20T12:00:00.000Z',
    receivedAt: atSecond(31),
    errorRate: 0.5,
  })
})

t.test('a key that is no newer than our own state, or that no report made, is no ground', async (t) => {
  const { shadow, status, healthCache } = aWorld()
  await healthCache.initialise({
    operatorId,
    value: key(0, { status: 'UNKNOWN', receivedAt: micros(0) }),
    ttlSeconds: 60,
  })
  await shadow.absorb([of({ second: 0, rate: 0.5 })])
  t.equal(await status(), 'HEALTHY')
  await healthCache.remove(operatorId)
  await healthCache.put([{ operatorId, value: key(0, { status: 'UNHEALTHY' }), ttlSeconds: 60 }])
  await shadow.absorb([of({ second: 1, rate: 0.5 })])
  t.equal(await status(), 'HEALTHY')
})

t.test('a cache that is away too is told to the caller', async (t) => {
  const { shadow, healthCache } = aWorld()
  healthCache.faults.fail('put', away)
  await t.rejects(shadow.absorb([of({ second: 0 })]), away)
  healthCache.faults.heal()
  healthCache.faults.fail('get', away)
  await t.rejects(shadow.absorb([of({ second: 10 })]), away)
})

t.test('a report that waited in the stream brings back no key of an operator that fell silent', async (t) => {
  const { shadow, status, healthCache } = aWorld()
  await shadow.absorb([of({ second: -61 })])
  t.equal(await status(), undefined)
  await shadow.absorb([of({ second: -20 })])
  t.equal(healthCache.ttlSeconds(operatorId), 40, 'only what is left of its life')
})

t.test('what was kept of an operator that is not there is dropped', async (t) => {
  const { shadow, status, healthCache } = aWorld()
  await shadow.absorb([of({ second: -20, bind: 'UNBOUND' })])
  await healthCache.remove(operatorId)
  shadow.forget([operatorId])
  await shadow.absorb([of({ second: 0, rate: 0.5 })])
  t.equal(await status(), 'HEALTHY', 'begun anew: kept, UNHEALTHY would not end at this rate')
})
