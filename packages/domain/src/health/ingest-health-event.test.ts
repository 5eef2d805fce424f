import { Value } from '@sinclair/typebox/value'
import t from 'tap'
import { aReport, atSecond, NOON, type Said } from '../../test/support/reports.ts'
import { createOperatorIn, deleteOperatorIn } from '../contracts/store-harness.ts'
import { newOperatorId } from '../contracts/samples.ts'
import { DomainError } from '../errors.ts'
import { memoryPorts } from '../memory/memory-ports.ts'
import type { OperatorId } from '../operator/operator-id.ts'
import { cacheEntries, cacheEntry } from './cached-health.ts'
import { getOperatorHealth } from './get-operator-health.ts'
import { OperatorHealthChanged } from './health-events.ts'
import { HEALTH_THRESHOLD_DEFAULTS } from './health-thresholds.ts'
import { type IngestHealthEventPorts, ingestHealthEvent } from './ingest-health-event.ts'
import { micros } from './micros.ts'
import { unreported } from './operator-health.ts'
import { restoreHealthKeys } from './restore-health-keys.ts'

const away = new DomainError('DEPENDENCY_UNAVAILABLE', 'away')
const TRACEPARENT = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01'

/** Memory ports on a clock of seconds after NOON, with live operators and without a trace of their creates. */
async function aWorld(count = 1) {
  const clock = { second: 0 }
  const memory = memoryPorts({ now: () => new Date(NOON / 1_000 + clock.second * 1_000) })
  const ids: OperatorId[] = []
  for (let made = 0; made < count; made += 1) ids.push((await createOperatorIn(memory)).operatorId)
  memory.store.outbox.clear()
  const ports = { ...memory, thresholds: HEALTH_THRESHOLD_DEFAULTS }
  const of = (said: Said, facts: Parameters<typeof aReport>[1] = {}) => {
    clock.second = Math.max(clock.second, said.second)
    return aReport(said, { operatorId: ids[0] ?? newOperatorId(), ...facts })
  }
  const events = () => [...memory.store.outbox.values()].map(({ event }) => event)
  return { ports, clock, ids, operatorId: ids[0] ?? newOperatorId(), of, events }
}

t.test('US-OPS-06 AC1: an accepted report is in the key that routing-engine reads, for 60 s', async (t) => {
  const { ports, operatorId, of } = await aWorld()
  await ingestHealthEvent(ports, [of({ second: 5, rate: 0.02 })])
  t.same(await ports.healthCache.get(operatorId), {
    status: 'HEALTHY',
    errorRate: 0.02,
    bindState: 'BOUND',
    since: '2026-11-20T12:00:05.000Z',
    at: '2026-11-20T12:00:05.000Z',
    receivedAt: atSecond(5),
    streamSequence: 6,
  })
  t.equal(ports.healthCache.ttlSeconds(operatorId), 60)
})

t.test('US-OPS-06 AC1: a heartbeat refreshes the key, and is neither logged nor published', async (t) => {
  const { ports, operatorId, of, events } = await aWorld()
  await ingestHealthEvent(ports, [of({ second: 0 })])
  const folded = await ingestHealthEvent(ports, [of({ second: 30, rate: 0.01 })])
  t.match(folded, { accepted: 1, transitions: [] })
  t.equal(ports.healthCache.ttlSeconds(operatorId), 60)
  t.match(await ports.healthCache.get(operatorId), { errorRate: 0.01, since: '2026-11-20T12:00:00.000Z' })
  t.equal(ports.store.healthLog.length, 1, 'US-OPS-06 AC2')
  t.equal(events().length, 1, 'US-OPS-06 AC3')
  t.equal(ports.wakes.count, 1)
})

t.test('US-OPS-06 AC2: a transition is logged', async (t) => {
  const { ports, operatorId, of } = await aWorld()
  await ingestHealthEvent(ports, [of({ second: 0 })])
  await ingestHealthEvent(ports, [of({ second: 10, bind: 'UNBOUND', rate: 1 }, { bindError: 'ESME_RBINDFAIL' })])
  t.match(ports.store.healthLog, [
    { operatorId, previousState: 'UNKNOWN', newState: 'HEALTHY', at: atSecond(0), transition: 1 },
    {
      operatorId,
      previousState: 'HEALTHY',
      newState: 'UNHEALTHY',
      errorRate: 1,
      bindState: 'UNBOUND',
      bindError: 'ESME_RBINDFAIL',
      at: atSecond(10),
      transition: 2,
    },
  ])
})

t.test(
  'US-OPS-06 AC3: a transition is published as operator.health.v1, matching its schema, and the relay is woken',
  async (t) => {
    const { ports, operatorId, of, events } = await aWorld()
    await ingestHealthEvent(ports, [of({ second: 0.0005 }, { traceparent: TRACEPARENT })])
    const [event, ...others] = events()
    t.same(others, [])
    t.match(event, { operatorId, subject: 'operator.health.v1', traceparent: TRACEPARENT })
    t.ok(Value.Check(OperatorHealthChanged, event?.payload))
    t.same(event?.payload, {
      schemaVersion: '1',
      eventId: event?.eventId,
      operatorId,
      previousState: 'UNKNOWN',
      newState: 'HEALTHY',
      errorRate: 0,
      bindError: null,
      at: '2026-11-20T12:00:00.000Z',
      transition: 1,
    })
    t.equal(ports.wakes.count, 1)
  },
)

t.test('key and wake come after the commit', async (t) => {
  const { ports, operatorId, of, events } = await aWorld()
  const seen: string[] = []
  const committed = () => `${ports.store.health.get(operatorId)?.state} with ${events().length} event`
  await ingestHealthEvent(
    {
      ...ports,
      wakeRelay: () => void seen.push(`wake: ${committed()}`),
      healthCache: { put: async () => void seen.push(`put: ${committed()}`) },
    },
    [of({ second: 0 })],
  )
  t.same(seen.toSorted(), ['put: HEALTHY with 1 event', 'wake: HEALTHY with 1 event'])
})

t.test('a batch writes every operator at once, in one change and one put', async (t) => {
  const { ports, ids, of, events } = await aWorld(3)
  const calls = { changed: [] as (readonly OperatorId[])[], puts: 0 }
  const counting: IngestHealthEventPorts = {
    ...ports,
    health: {
      change: (operatorIds, decide) => {
        calls.changed.push(operatorIds)
        return ports.health.change(operatorIds, decide)
      },
    },
    healthCache: {
      put: (entries) => {
        calls.puts += 1
        return ports.healthCache.put(entries)
      },
    },
  }
  const reports = ids.flatMap((operatorId) => [of({ second: 0 }, { operatorId }), of({ second: 1 }, { operatorId })])
  t.match(await ingestHealthEvent(counting, reports), { accepted: 6, collapsed: 0 })
  t.same(calls, { changed: [ids], puts: 1 })
  t.equal(events().length, 3)
})

t.test('a cache that is away takes nothing back, and is reported', async (t) => {
  const { ports, operatorId, of, events } = await aWorld()
  ports.healthCache.faults.fail('put', away)
  t.match(await ingestHealthEvent(ports, [of({ second: 0 })]), { accepted: 1 })
  t.equal(ports.store.health.get(operatorId)?.state, 'HEALTHY')
  t.equal(events().length, 1)
  t.equal(ports.wakes.count, 1)
  t.same(ports.failures, [{ what: 'refresh health keys', error: away }])
})

t.test('without the state of record nothing changes and the batch rejects', async (t) => {
  const { ports, operatorId, of, events } = await aWorld()
  ports.health.faults.fail('change', away)
  await t.rejects(ingestHealthEvent(ports, [of({ second: 0 })]), away)
  t.equal(ports.store.health.size, 0)
  t.same(events(), [])
  t.equal(await ports.healthCache.get(operatorId), undefined)
  t.equal(ports.wakes.count, 0)
})

t.test('a batch whose commit got lost is redelivered: nothing twice, and the key is there', async (t) => {
  const { ports, operatorId, of, events } = await aWorld()
  ports.health.faults.fail('change', away, { once: true, afterwards: true })
  const batch = [of({ second: 0 })]
  await t.rejects(ingestHealthEvent(ports, batch), away)
  t.match(await ingestHealthEvent(ports, batch), { accepted: 0, redelivered: 1 })
  t.equal(events().length, 1)
  t.equal(ports.store.healthLog.length, 1)
  t.match(await ports.healthCache.get(operatorId), { status: 'HEALTHY' })
})

t.test('a transaction that started over decides anew, and only what committed is told', async (t) => {
  const { ports, operatorId, of, events } = await aWorld()
  const folded = await ingestHealthEvent(
    {
      ...ports,
      health: {
        change: async (operatorIds, decide) => {
          // The first try finds another state, and its deadlock rolls it back.
          decide(new Map([[operatorId, { ...unreported(operatorId), state: 'UNHEALTHY', transitions: 7 }]]))
          return ports.health.change(operatorIds, decide)
        },
      },
    },
    [of({ second: 0 })],
  )
  t.match(folded, { accepted: 1, transitions: [{ previousState: 'UNKNOWN', transition: 1 }] })
  t.equal(events().length, 1)
  t.match(ports.store.health.get(operatorId), { state: 'HEALTHY', transitions: 1 })
})

t.test('reports of unknown and deleted operators are handed back and write nothing', async (t) => {
  const { ports, operatorId, of, events } = await aWorld()
  await deleteOperatorIn(ports, operatorId)
  ports.store.outbox.clear()
  ports.healthCache.faults.fail('put', away)
  const strangers = [of({ second: 0 }), of({ second: 1 }, { operatorId: newOperatorId() })]
  const folded = await ingestHealthEvent(ports, strangers)
  t.same(folded.unknown, strangers)
  t.equal(ports.store.health.size, 0)
  t.same(events(), [])
  t.same(ports.failures, [], 'the cache was left alone')
})

t.test('a repository that never lets decide is a defect, and says so', async (t) => {
  const { ports, of } = await aWorld()
  const idle = { change: async () => ({ states: [], transitions: [] }) }
  await t.rejects(ingestHealthEvent({ ...ports, health: idle }, [of({ second: 0 })]), TypeError)
})

t.test('a key lives as long as its report is fresh, and never longer than 60 s', async (t) => {
  const { ports, operatorId, of } = await aWorld()
  await ingestHealthEvent(ports, [of({ second: 0 })])
  const health = ports.store.health.get(operatorId) ?? unreported(operatorId)
  const ttls = [-5, 0, 0.5, 59.5, 60, 61].map((age) => cacheEntry(health, age)?.ttlSeconds)
  t.same(ttls, [60, 60, 60, 1, undefined, undefined])
  t.equal(cacheEntry(unreported(operatorId)), undefined)
  t.same(
    cacheEntries([unreported(operatorId), health]).map(({ value }) => value.status),
    ['HEALTHY'],
  )
  t.equal(cacheEntry({ ...health, since: null }), undefined)
  t.equal(cacheEntry({ ...health, lastStreamSequence: null })?.value.streamSequence, 0)
})

t.test('a cache that came back empty is given what is fresh, each key for the rest of its life', async (t) => {
  const { ports, clock, ids, of } = await aWorld(4)
  const [silent, early, late, mute] = ids
  await ingestHealthEvent(ports, [of({ second: 5 }, { operatorId: silent! })])
  await ingestHealthEvent(ports, [of({ second: 10, bind: 'UNBOUND' }, { operatorId: early! })])
  await ingestHealthEvent(ports, [of({ second: 50 }, { operatorId: late! })])
  for (const id of ids) await ports.healthCache.remove(id)
  clock.second = 65
  t.equal(await restoreHealthKeys(ports), 2)
  const keys = await Promise.all(ids.map(async (id) => (await ports.healthCache.get(id))?.status))
  t.same(keys, [undefined, 'UNHEALTHY', 'HEALTHY', undefined])
  t.same(
    [silent, early, late, mute].map((id) => ports.healthCache.ttlSeconds(id!)),
    [0, 5, 45, 0],
  )
})

t.test('an age that is not known is none', async (t) => {
  const { ports, operatorId, of } = await aWorld()
  await ingestHealthEvent(ports, [of({ second: 0 })])
  const health = ports.store.health.get(operatorId) ?? unreported(operatorId)
  await restoreHealthKeys({ ...ports, health: { fresh: async () => [{ health, ageSeconds: null }] } })
  t.equal(ports.healthCache.ttlSeconds(operatorId), 60)
})

t.test('US-OPS-06 AC5: health is read from the key, and from the state of record when there is none', async (t) => {
  const { ports, clock, operatorId, of } = await aWorld()
  await ingestHealthEvent(ports, [of({ second: 0 })])
  const seen = { healthState: 'HEALTHY', lastReceivedAt: '2026-11-20T12:00:00.000Z', healthStale: false }
  t.same(await getOperatorHealth(ports, operatorId), { ...seen, source: 'redis' })

  ports.healthCache.faults.fail('get', away)
  t.same(await getOperatorHealth(ports, operatorId), { ...seen, source: 'postgres' })
  clock.second = 60
  t.match(await getOperatorHealth(ports, operatorId), { healthState: 'HEALTHY', healthStale: false })
  clock.second = 61
  t.same(await getOperatorHealth(ports, operatorId), {
    ...seen,
    healthState: 'UNKNOWN',
    healthStale: true,
    source: 'postgres',
  })
})

t.test('US-OPS-06 AC5: an operator that never reported is UNKNOWN by either source', async (t) => {
  const { ports, operatorId } = await aWorld()
  const seen = { healthState: 'UNKNOWN', lastReceivedAt: null, healthStale: false }
  t.same(await getOperatorHealth(ports, operatorId), { ...seen, source: 'postgres' })
  const none = {
    status: 'UNKNOWN',
    errorRate: null,
    bindState: null,
    receivedAt: micros(0),
    streamSequence: 0,
  } as const
  const value = { ...none, since: '2026-11-20T12:00:00.000Z', at: '2026-11-20T12:00:00.000Z' }
  await ports.healthCache.initialise({ operatorId, value, ttlSeconds: 60 })
  t.same(await getOperatorHealth(ports, operatorId), { ...seen, source: 'redis' })
})

t.test('US-OPS-06 AC5: what neither source knows is not found, and other failures are told', async (t) => {
  const { ports, operatorId } = await aWorld()
  await t.rejects(getOperatorHealth(ports, newOperatorId()), { code: 'OPERATOR_NOT_FOUND' })
  const defect = new TypeError('a defect')
  ports.healthCache.faults.fail('get', defect)
  await t.rejects(getOperatorHealth(ports, operatorId), defect)
  ports.healthCache.faults.heal()
  ports.health.faults.fail('find', away)
  await t.rejects(getOperatorHealth(ports, operatorId), away)
})
