import { DomainError, type Outbox } from '@oms/domain'
import { aConfigEvent, aProvisionalOperator } from '@oms/domain/contracts'
import { memoryEventPublisher, memoryLeases, withFaults } from '@oms/domain/memory'
import { provisioned, type OutboxBacklog, type PendingEvent } from '@oms/domain'
import t from 'tap'
import { until } from '../../test/support/until.ts'
import { createRelay, every, holdLease, type LeaseOptions, relayUnderLease } from './index.ts'
import { pause } from './pause.ts'

const away = new DomainError('DEPENDENCY_UNAVAILABLE', 'away')
const timing = { renewMs: 20, safeMs: 300, retryMs: 20 }

t.test('a task runs at once and again until it is aborted, whatever it rejects with', async (t) => {
  const stop = new AbortController()
  const errors: unknown[] = []
  let runs = 0
  let running = false
  const supervised = every(
    1,
    async () => {
      runs += 1
      running = true
      await new Promise((resume) => setImmediate(resume))
      running = false
      if (runs === 2) throw away
    },
    { signal: stop.signal, onError: (error) => void errors.push(error) },
  )
  t.equal(runs, 1)
  await until(() => runs >= 4)
  stop.abort()
  await supervised
  t.equal(running, false, 'the last run has ended')
  t.same(errors, [away])
})

/** Holds the lease with work that counts itself and ends when told to. */
function contender(t: Tap, options: Partial<LeaseOptions> & Pick<LeaseOptions, 'leases' | 'holder'>) {
  const seen = { begun: 0, ended: 0, errors: [] as unknown[] }
  const lease = holdLease(
    { name: 'relay', timing, onError: (error) => void seen.errors.push(error), ...options },
    async (signal) => {
      seen.begun += 1
      await new Promise((resume) => signal.addEventListener('abort', resume, { once: true }))
      seen.ended += 1
    },
  )
  t.teardown(() => lease[Symbol.asyncDispose]())
  return { lease, seen }
}
type Tap = { teardown(end: () => PromiseLike<void>): void }

t.test('of two contenders one works; when it leaves, the other takes over at once', async (t) => {
  const leases = memoryLeases()
  const one = contender(t, { leases, holder: 'one' })
  await until(() => one.lease.held())
  const two = contender(t, { leases, holder: 'two' })
  await pause(100, AbortSignal.timeout(1_000))
  t.equal(two.seen.begun, 0)
  await one.lease[Symbol.asyncDispose]()
  t.match(one.seen, { begun: 1, ended: 1, errors: [] })
  t.equal(one.lease.held(), false)
  await until(() => two.lease.held())
})

t.test('work whose lease another took is aborted', async (t) => {
  const leases = memoryLeases()
  const { seen } = contender(t, { leases, holder: 'one' })
  await until(() => seen.begun === 1)
  leases.expire('relay')
  t.ok(await leases.hold('relay', 'other'))
  await until(() => seen.ended === 1)
  t.notOk(await leases.hold('relay', 'one'), 'the release of the old holder takes nothing away')
})

t.test('work is aborted in time when the lease cannot be renewed, and begins again when it can', async (t) => {
  const leases = withFaults(memoryLeases())
  const { seen } = contender(t, { leases, holder: 'one' })
  await until(() => seen.begun === 1)
  leases.faults.fail('hold', away)
  await until(() => seen.ended === 1)
  t.ok(seen.errors.length > 1, 'it was tried more than once')
  leases.faults.heal()
  await until(() => seen.begun === 2)
})

t.test('an outage that is shorter than the lease interrupts nothing', async (t) => {
  const leases = withFaults(memoryLeases())
  const { seen } = contender(t, { leases, holder: 'one', timing: { renewMs: 5, safeMs: 60_000, retryMs: 5 } })
  await until(() => seen.begun === 1)
  leases.faults.fail('hold', away)
  await until(() => seen.errors.length > 3)
  leases.faults.heal()
  t.match(seen, { begun: 1, ended: 0 })
})

t.test('a renewal that never answers does not keep the work going', async (t) => {
  const memory = memoryLeases()
  let hang = false
  const leases = {
    ...memory,
    hold: (...args: Parameters<typeof memory.hold>) => (hang ? never() : memory.hold(...args)),
  }
  const { seen } = contender(t, { leases, holder: 'one' })
  await until(() => seen.begun === 1)
  hang = true
  await until(() => seen.ended === 1)
  hang = false
  await until(() => seen.begun === 2)
})

const never = () => new Promise<never>(() => undefined)

t.test('who cannot do the work neither takes nor keeps the lease', async (t) => {
  const leases = memoryLeases()
  let able = false
  const { lease, seen } = contender(t, { leases, holder: 'one', canHold: () => able })
  await pause(100, AbortSignal.timeout(1_000))
  t.equal(seen.begun, 0)
  able = true
  await until(() => lease.held())
  able = false
  await until(() => seen.ended === 1)
  t.ok(await leases.hold('relay', 'other'), 'it is free for others')
})

t.test('work that fails is told of and tried again', async (t) => {
  const errors: unknown[] = []
  let runs = 0
  const leases = memoryLeases()
  const onError = (error: unknown) => void errors.push(error)
  const lease = holdLease({ leases, name: 'sweeper', holder: 'one', timing, onError }, async () => {
    runs += 1
    throw away
  })
  await until(() => runs >= 3)
  await lease[Symbol.asyncDispose]()
  t.ok(errors.length >= 3)
  t.ok(await leases.hold('sweeper', 'other'))
})

/** An outbox in an array, with what the relay asked of it. */
function anOutbox() {
  const rows: PendingEvent[] = []
  const asked = { pruned: [] as number[], pending: 0 }
  const outbox = withFaults<Outbox>({
    pending: async (limit) => {
      asked.pending += 1
      return rows.slice(0, limit)
    },
    markPublished: async (positions) =>
      void rows.splice(0, rows.length, ...rows.filter((row) => !positions.includes(row.position))),
    park: async (position) => void rows.splice(0, rows.length, ...rows.filter((row) => row.position !== position)),
    backlog: async () => ({ depth: rows.length, oldestAgeSeconds: 1, parked: 0 }),
    prune: async (days) => asked.pruned.push(days),
  })
  let position = 0
  const commit = () => {
    const operator = provisioned(aProvisionalOperator(), { createdAt: new Date(), credentialsVersion: 1 })
    const event = aConfigEvent('operator.config.created.v1', operator)
    rows.push({ ...event, position: `${++position}`, committedAt: new Date() })
  }
  return { outbox, rows, asked, commit }
}

t.test('a relay publishes when it is woken, and finishes when it is told to', async (t) => {
  const { outbox, rows, asked, commit } = anOutbox()
  const publisher = memoryEventPublisher()
  const stop = new AbortController()
  const backlogs: OutboxBacklog[] = []
  const latencies: number[] = []
  let listening = 0
  let notify: () => void = () => undefined
  const relay = createRelay({
    outbox,
    publisher,
    pollMs: 3_600_000,
    subscribe: (wake) => {
      notify = wake
      listening += 1
      return { [Symbol.asyncDispose]: async () => void (listening -= 1) }
    },
    onPublished: (_, seconds) => void latencies.push(seconds),
    onBacklog: (backlog) => void backlogs.push(backlog),
    onError: (error) => void t.fail(String(error)),
  })
  const running = relay.run(stop.signal)
  await until(() => asked.pending === 1)
  t.equal(listening, 1)
  commit()
  relay.wake()
  await until(() => rows.length === 0)
  commit()
  notify()
  await until(() => rows.length === 0)
  t.equal(publisher.published.length, 2)
  t.ok(latencies.every((seconds) => seconds >= 0 && seconds < 30))
  t.same(backlogs, [{ depth: 0, oldestAgeSeconds: 1, parked: 0 }])
  t.same(asked.pruned, [14])
  stop.abort()
  await running
  t.equal(listening, 0)
  const { pending } = asked
  relay.wake()
  t.equal(asked.pending, pending, 'a relay that does not run reads nothing')
})

t.test('a relay finds what nobody told it of, and outlives an outbox that is away', async (t) => {
  const { outbox, rows, commit } = anOutbox()
  const publisher = memoryEventPublisher()
  const stop = new AbortController()
  const errors: unknown[] = []
  const relay = createRelay({ outbox, publisher, pollMs: 5, onError: (error) => void errors.push(error) })
  const running = relay.run(stop.signal)
  commit()
  await until(() => rows.length === 0)
  outbox.faults.fail('pending', away)
  commit()
  await until(() => errors.length >= 3)
  t.equal(rows.length, 1)
  outbox.faults.heal()
  await until(() => rows.length === 0)
  outbox.faults.fail('markPublished', away)
  commit()
  await until(() => errors.length >= 6)
  outbox.faults.heal()
  await until(() => rows.length === 0)
  stop.abort()
  await running
  t.equal(publisher.published.length, 3)
})

t.test('a relay tries nothing while the stream is away', async (t) => {
  const { outbox, rows, asked, commit } = anOutbox()
  const stop = new AbortController()
  let connected = false
  const relay = createRelay({
    outbox,
    publisher: memoryEventPublisher(),
    pollMs: 5,
    canPublish: () => connected,
    onError: (error) => void t.fail(String(error)),
  })
  const running = relay.run(stop.signal)
  commit()
  await pause(50, stop.signal)
  t.equal(asked.pending, 0)
  connected = true
  await until(() => rows.length === 0)
  stop.abort()
  await running
})

t.test('the health of each operator is shown by the holder of the lease alone, and as it is now', async (t) => {
  const leases = memoryLeases()
  const silent = { info: () => undefined, warn: () => undefined, error: () => undefined }
  const empty = { depth: 0, oldestAgeSeconds: 0, parked: 0 }
  const outbox: Outbox = {
    pending: async () => [],
    markPublished: async () => undefined,
    park: async () => undefined,
    backlog: async () => empty,
    prune: async () => 0,
  }
  let shown = [
    { operatorId: 'one', state: 'HEALTHY' },
    { operatorId: 'two', state: 'UNKNOWN' },
  ]
  function replica(holder: string) {
    const series = new Map<string, number>()
    const refreshers: (() => Promise<void>)[] = []
    const gauge = { set: () => undefined }
    let leads = 0
    const relay = relayUnderLease({
      outbox,
      publisher: memoryEventPublisher(),
      leases,
      shownHealth: async () => shown,
      holder,
      canPublish: () => true,
      onEventCommitted: () => ({ [Symbol.asyncDispose]: async () => undefined }),
      log: silent,
      report: (what, error) => void t.fail(`${what}: ${String(error)}`),
      metrics: {
        relayLatency: { observe: () => undefined },
        relayLeader: { set: (value) => void (leads = value) },
        outboxDepth: gauge,
        outboxOldestAge: gauge,
        outboxParked: gauge,
        operatorHealth: {
          reset: () => series.clear(),
          set: ({ operator_id, state }, value) => void series.set(`${operator_id} ${state}`, value),
        },
        onScrape: (refresh) => void refreshers.push(refresh),
      },
    })
    t.teardown(() => relay[Symbol.asyncDispose]())
    const scrape = async () => {
      await Promise.all(refreshers.map((refresh) => refresh()))
      return [...series]
    }
    return { relay, scrape, leads: () => leads === 1 }
  }
  const one = replica('one')
  await until(one.leads)
  const two = replica('two')
  t.same(await two.scrape(), [])
  t.same(await one.scrape(), [
    ['one HEALTHY', 1],
    ['two UNKNOWN', 1],
  ])
  shown = [{ operatorId: 'one', state: 'DEGRADED' }]
  t.same(await one.scrape(), [['one DEGRADED', 1]], 'neither an old state nor a deleted operator stays')
  await one.relay[Symbol.asyncDispose]()
  t.same(await one.scrape(), [])
  await until(two.leads)
  t.same(await two.scrape(), [['one DEGRADED', 1]])
})
