import type { HealthState } from '@oms/domain'
import { referenceReducer } from '@oms/domain/testing'
import { publishInbound, type Report, startService, storedReports, until } from '@oms/testkit'
import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { breaks, healthStory, histories, percentile } from './support/health-story.ts'

/** The rules' durations, shortened: what holds for a minute in production holds for a second here. */
const DURATIONS = { hold: 1, gap: 3, tolerance: 5 }

const service = await startService(t, {
  apps: { 'admin-api': 1, 'health-ingestor': 1 },
  environment: {
    'health-ingestor': {
      HEALTH_HOLD_SECONDS: String(DURATIONS.hold),
      HEALTH_GAP_SECONDS: String(DURATIONS.gap),
      HEALTH_REPLAY_TOLERANCE_SECONDS: String(DURATIONS.tolerance),
    },
  },
})
const { admin, cache, events, report, sql } = service
const ingestor = service.app('health-ingestor')
const { key, keySince, logs, newOperator, newOperators, records, settled, tell, told } = healthStory(service)

const ttlOf = (operatorId: string) => cache.ttl(`ops:health:${operatorId}`)
const inMinutes = (minutes: number) => new Date(Date.now() + minutes * 60_000).toISOString()
const rejected = (reason: string) => ingestor.metric('ops_health_rejected_total', { reason })
const letters = (reason: string) => ingestor.metric('ops_deadletter_total', { reason })
const storedLetters = async () => (await events.stored('OPS_DEADLETTER')).map(({ payload }) => payload)

t.test('US-OPS-06 AC1: a report reaches ops:health:{operatorId} within 200 ms and lives there for 60 s', async (t) => {
  const operatorId = await newOperator()
  const before = new Date().toISOString()
  const value = await tell({ operatorId, errorRate: 0.01 })
  t.same(Object.keys(value).sort(), ['at', 'bindState', 'errorRate', 'receivedAt', 'since', 'status', 'streamSequence'])
  t.match(value, { status: 'HEALTHY', errorRate: 0.01, bindState: 'BOUND' })
  t.ok(before <= value.at && value.at <= new Date().toISOString(), 'at is when the stream received it')
  t.equal(value.since, value.at)
  const ttl = await ttlOf(operatorId)
  t.ok(ttl > 50 && ttl <= 60, `lives ${ttl} s`)

  const took: number[] = []
  for (let round = 0; round < 100; round += 1) {
    const since = performance.now()
    await tell({ operatorId })
    took.push(performance.now() - since)
  }
  const [p50, p99] = [percentile(took, 0.5), percentile(took, 0.99)]
  t.comment(`report → Redis, its publish included: p50 ${p50.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms`)
  t.ok(p50 <= 200, `half of them within ${p50.toFixed(1)} ms`)
})

t.test('US-OPS-06 AC1: every accepted report refreshes the key, its state unchanged', async (t) => {
  const operatorId = await newOperator()
  const first = await tell({ operatorId, errorRate: 0.01 })
  await cache.expire(`ops:health:${operatorId}`, 20)
  const second = await tell({ operatorId, errorRate: 0.02 })
  t.match(second, { status: 'HEALTHY', errorRate: 0.02, since: first.since })
  t.ok(second.receivedAt > first.receivedAt)
  t.ok((await ttlOf(operatorId)) > 50)
})

t.test('US-OPS-06 AC2, AC3: a transition is logged and published once, a heartbeat is neither', async (t) => {
  const operatorId = await newOperator()
  const times = async (count: number, said: Omit<Report, 'operatorId'>) => {
    for (let sent = 0; sent < count; sent += 1) await tell({ operatorId, ...said })
  }
  await times(4, { errorRate: 0.01 })
  await times(3, { bindState: 'UNBOUND', errorRate: 1, bindError: 'ESME_RBINDFAIL\0' })
  await times(3, {})

  const steps = [
    { transition: 1, previousState: 'UNKNOWN', newState: 'HEALTHY' },
    { transition: 2, previousState: 'HEALTHY', newState: 'UNHEALTHY' },
    { transition: 3, previousState: 'UNHEALTHY', newState: 'HEALTHY' },
  ]
  t.same((await logs()).get(operatorId), steps)
  t.same((await told()).get(operatorId), steps)
  const rows = await sql<{ error_rate: number; bind_state: string; bind_error: string | null; at: string }[]>`
    SELECT error_rate, bind_state, bind_error,
           to_char(date_trunc('milliseconds', received_at) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS at
    FROM ops.operator_health_log WHERE operator_id = ${operatorId} ORDER BY transition`
  t.match(rows[1], { error_rate: 1, bind_state: 'UNBOUND', bind_error: 'ESME_RBINDFAIL\ufffd' })

  await events.next('operator.health.v1', operatorId)
  const { payload, messageId } = await events.next('operator.health.v1', operatorId)
  const { eventId, ...rest } = payload
  t.equal(messageId, eventId)
  t.same(Object.keys(payload).at(-1), 'transition')
  t.same(rest, {
    schemaVersion: '1',
    operatorId,
    ...steps[1],
    errorRate: 1,
    bindError: 'ESME_RBINDFAIL\ufffd',
    at: rows[1]?.at,
  })
})

t.test('US-OPS-06 AC4: all six transitions happen, and none touches the configuration', async (t) => {
  const operatorId = await newOperator()
  const configuration = async () => {
    const { body, headers } = await admin('GET', `/operators/${operatorId}`)
    const { healthState, healthStale, ...rest } = body
    return { health: { healthState, healthStale }, rest, etag: headers.get('etag') }
  }
  const before = await configuration()
  t.same(before.health, { healthState: 'UNKNOWN', healthStale: false })

  const becomes = async (state: HealthState, said: Omit<Report, 'operatorId'>) => {
    await until(
      `${operatorId} ${state}`,
      async () => {
        if ((await tell({ operatorId, ...said })).status === state) return true
        await sleep(100)
        return undefined
      },
      30_000,
    )
    const now = await configuration()
    t.same(now.health, { healthState: state, healthStale: false })
    t.same({ rest: now.rest, etag: now.etag }, { rest: before.rest, etag: before.etag })
  }
  await becomes('HEALTHY', {})
  await becomes('DEGRADED', { errorRate: 0.1 })
  await becomes('UNHEALTHY', { errorRate: 0.3 })
  await becomes('HEALTHY', { errorRate: 0.05 })
  await becomes('DEGRADED', { errorRate: 0.06 })
  await becomes('HEALTHY', { errorRate: 0 })
  await becomes('UNHEALTHY', { bindState: 'UNBOUND' })

  const path = ['UNKNOWN', 'HEALTHY', 'DEGRADED', 'UNHEALTHY', 'HEALTHY', 'DEGRADED', 'HEALTHY', 'UNHEALTHY']
  const steps = path
    .slice(1)
    .map((newState, index) => ({ transition: index + 1, previousState: path[index], newState }))
  t.same((await logs()).get(operatorId), steps)
  t.same((await told()).get(operatorId), steps)
  for (const { previousState: from, newState: to } of steps) {
    t.ok((await ingestor.metric('ops_health_transition_total', { from: String(from), to })) >= 1, `${from} → ${to}`)
  }
})

t.test(
  'an operator that fell silent shows UNKNOWN and stale, is told of, and goes on from its stored state',
  async (t) => {
    const operatorId = await newOperator()
    t.equal((await admin('PATCH', `/operators/${operatorId}`, { status: 'ACTIVE' })).status, 200)
    await tell({ operatorId })
    await sql`UPDATE ops.operator_health SET last_received_at = last_received_at - interval '61 s',
    last_seen_at = last_seen_at - interval '61 s' WHERE operator_id = ${operatorId}`
    t.match((await admin('GET', `/operators/${operatorId}`)).body, { healthState: 'UNKNOWN', healthStale: true })
    // Either app may hold the lease.
    const watchers = [ingestor, service.app('admin-api')]
    const silent = async () => {
      const shown = watchers.map((app) => app.metric('ops_health_silent_operators', { state: 'HEALTHY' }))
      return (await Promise.all(shown)).reduce((sum, one) => sum + one, 0)
    }
    const lines = () => watchers.flatMap((app) => app.logLines()).filter((line) => line.operatorId === operatorId)
    await until('the silence seen', async () => ((await silent()) === 1 ? true : undefined), 30_000)
    t.match(
      lines().filter(({ msg }) => msg === 'operator fell silent'),
      [{ level: 'warn', lastState: 'HEALTHY' }],
    )
    await tell({ operatorId })
    t.match((await admin('GET', `/operators/${operatorId}`)).body, { healthState: 'HEALTHY', healthStale: false })
    t.equal((await logs()).get(operatorId)?.length, 1)
    await until('the silence over', async () => ((await silent()) === 0 ? true : undefined), 30_000)
    t.equal(lines().filter(({ msg }) => msg === 'operator reports again').length, 1)
    const taken = { level: 'info', batches: Number, reports: Number, transitions: Number, durationMs: Number }
    const summary = () => ingestor.logLines().find(({ msg }) => msg === 'health reports taken in')
    t.match(await until('what was taken in', async () => summary(), 30_000), taken)
  },
)

t.test(
  'reports of an unknown or deleted operator are settled with one dead letter per operator and hour',
  async (t) => {
    const hour = new Date().getUTCHours()
    const deleted = await newOperator()
    await tell({ operatorId: deleted })
    t.equal((await admin('DELETE', `/operators/${deleted}`)).status, 204)
    const strangers = [deleted, randomUUID(), 'renamed_some-day']
    const [countBefore, lettersBefore] = [await rejected('unknown_operator'), await letters('unknown_operator')]
    const first = new Map<string, number>()
    for (const operatorId of [...strangers, ...strangers, ...strangers]) {
      const sequence = await report({ operatorId, bindState: 'UNBOUND' })
      if (!first.has(operatorId)) first.set(operatorId, sequence)
    }
    await settled()

    const letterOf = (await storedLetters()).filter(({ reason }) => reason === 'UNKNOWN_OPERATOR')
    if (new Date().getUTCHours() === hour) {
      t.same(letterOf.map(({ operatorId }) => operatorId).toSorted(), strangers.toSorted())
      t.equal((await letters('unknown_operator')) - lettersBefore, 3)
    }
    for (const operatorId of strangers) {
      const letter = letterOf.find((one) => one.operatorId === operatorId)
      t.match(letter, {
        schemaVersion: '1',
        subject: 'operator.health.inbound.v1',
        streamSequence: first.get(operatorId),
      })
      t.match(JSON.parse(String(letter?.payload)), { operatorId, bindState: 'UNBOUND' })
      t.equal(await key(operatorId), undefined)
    }
    t.equal((await rejected('unknown_operator')) - countBefore, 9)
    t.equal((await logs()).get(deleted)?.length, 1)
  },
)

t.test('what cannot be decoded is one dead letter each, and the consumer goes on', async (t) => {
  const operatorId = await newOperator()
  const said = { schemaVersion: '1', eventId: 'e', operatorId, at: inMinutes(0), bindState: 'BOUND', errorRate: 0 }
  const { errorRate: _, ...withoutRate } = said
  const wrong: readonly object[] = [
    { ...said, errorRate: '0.1' },
    { ...said, errorRate: 1.1 },
    { ...said, errorRate: null },
    { ...said, bindState: 'bound' },
    { ...said, at: 'yesterday' },
    { ...said, at: '2026-02-30T00:00:00Z' },
    { ...said, operatorId: 'a.b' },
    { ...said, operatorId: `${operatorId}\0` },
    { ...said, schemaVersion: '2' },
    { ...said, bindError: 'x'.repeat(900_000) },
    withoutRate,
    [said],
  ]
  const invalidUtf8 = Buffer.concat([
    Buffer.from('{"operatorId":"'),
    Buffer.from([0xff, 0xfe, 0xc0]),
    Buffer.from('"}'),
  ])
  const payloads = [
    ...wrong.map((one) => JSON.stringify(one)),
    ...['', '\0', 'null', '"text"', 'not JSON', JSON.stringify(said).slice(0, -1), '['.repeat(100_000)],
    invalidUtf8,
  ]
  const [countBefore, lettersBefore] = [await rejected('undecodable'), await letters('undecodable')]
  const sequences: number[] = []
  for (const payload of payloads) sequences.push(await publishInbound(events.jetstream, payload))
  t.equal((await keySince(operatorId, await report({ operatorId }))).status, 'HEALTHY')
  await settled()

  const found = (await storedLetters()).filter(({ reason }) => reason === 'UNDECODABLE')
  t.same(
    found.map(({ streamSequence }) => Number(streamSequence)).toSorted((a, b) => a - b),
    sequences,
  )
  t.ok(found.every(({ payload }) => Buffer.byteLength(String(payload)) <= 4_096))
  t.match(found, [{ schemaVersion: '1', subject: 'operator.health.inbound.v1', payload: JSON.stringify(wrong[0]) }])
  t.equal((await rejected('undecodable')) - countBefore, payloads.length)
  t.equal((await letters('undecodable')) - lettersBefore, payloads.length)
  t.equal((await ingestor.probe('live')).status, 200)
})

t.test('an observation from before the newest one is a replay: counted, and otherwise ignored', async (t) => {
  const operatorId = await newOperator()
  const held = await tell({ operatorId })
  const before = await rejected('replayed')
  await report({ operatorId, at: inMinutes(-0.2), bindState: 'UNBOUND' })
  await report({ operatorId, at: inMinutes(-60), bindState: 'UNBOUND' })
  await settled()
  t.same(await key(operatorId), held)
  t.equal((await rejected('replayed')) - before, 2)
  t.equal((await logs()).get(operatorId)?.length, 1)
})

t.test("a sender's clock may be an hour off to either side, or be set back", async (t) => {
  const [ahead, behind] = await newOperators(2)
  for (const [operatorId, minutes] of [
    [ahead ?? '', 60],
    [behind ?? '', -60],
  ] as const) {
    const at = () => inMinutes(minutes)
    t.equal((await tell({ operatorId, at: at() })).status, 'HEALTHY')
    t.equal((await tell({ operatorId, at: at(), bindState: 'UNBOUND' })).status, 'UNHEALTHY')
    t.equal((await tell({ operatorId, at: at() })).status, 'HEALTHY')
  }
  const operatorId = ahead ?? ''
  t.equal((await tell({ operatorId, bindState: 'UNBOUND' })).status, 'UNHEALTHY', 'an hour ahead, then right again')
  await sleep(DURATIONS.gap * 1_000 + 500)
  t.equal((await tell({ operatorId, at: inMinutes(-60) })).status, 'HEALTHY', 'set back, after a silence')
})

t.test('a burst of 2,000 reports over 100 operators comes to what the rules say of each', async (t) => {
  const operatorIds = await newOperators(100)
  const random = sequenceOf(20_261_120)
  const collapsedBefore = await ingestor.metric('ops_health_collapsed_flaps_total')
  const transitionsBefore = await ingestor.metric('ops_health_transition_total')
  const ignoredBefore = (await rejected('outdated')) + (await rejected('replayed'))
  const pick = <T>(choices: readonly T[]): T => choices[Math.floor(random() * choices.length)] as T
  await Promise.all(
    Array.from({ length: 2_000 }, (_, index) =>
      report({
        operatorId: operatorIds[index % operatorIds.length] ?? '',
        bindState: pick(['BOUND', 'BOUND', 'UNBOUND']),
        errorRate: pick([0, 0.05, 0.06, 0.2, 0.21, 1]),
      }),
    ),
  )
  await settled()

  const stored = histories(await storedReports(events.jetstream))
  const [record, logged, published] = [await records(), await logs(), await told()]
  let steps = 0
  for (const operatorId of operatorIds) {
    const reference = referenceReducer(stored.get(operatorId) ?? [], DURATIONS)
    steps += reference.path.length - 1
    const lastStreamSequence = reference.accepted.at(-1)?.streamSequence
    const log = logged.get(operatorId) ?? []
    t.same(record.get(operatorId), { operatorId, state: reference.state, lastStreamSequence, transitions: log.length })
    t.match(await key(operatorId), { status: reference.state, streamSequence: lastStreamSequence })
    t.same(breaks(log), [])
    t.equal(log.at(-1)?.newState, reference.state)
    t.same(published.get(operatorId), log)
  }
  const collapsed = (await ingestor.metric('ops_health_collapsed_flaps_total')) - collapsedBefore
  t.equal((await ingestor.metric('ops_health_transition_total')) - transitionsBefore + collapsed, steps)
  t.equal((await rejected('outdated')) + (await rejected('replayed')), ignoredBefore, 'none was left out')
  t.equal(await ingestor.metric('ops_health_ingest_lag'), 0)
  t.equal(await ingestor.metric('ops_health_ingest_oldest_age_seconds'), 0)
})

t.test('when the whole stream is delivered again, only the count of outdated reports changes', async (t) => {
  const picture = async () => ({ records: await records(), logs: await logs(), told: await told() })
  const before = await picture()
  const lettersBefore = (await storedLetters()).length
  const hour = new Date().getUTCHours()
  const known = (await storedReports(events.jetstream)).filter(({ operatorId }) => before.records.has(operatorId))
  t.equal((await ingestor.stop()).code, 0)
  await (await events.jetstream.jetstreamManager()).consumers.delete('OPERATOR_HEALTH_INBOUND', 'ops-health-consumer')
  await ingestor.start()
  await until('the consumer again', async () => {
    const outdated = await rejected('outdated')
    return outdated > known.length / 2 ? true : undefined
  })
  await settled()
  t.same(await picture(), before)
  t.equal(await ingestor.metric('ops_health_transition_total'), 0)
  if (new Date().getUTCHours() === hour) t.equal((await storedLetters()).length, lettersBefore)
})

/** The same numbers from 0 to 1 in each run, so that a failure can be had again (mulberry32). */
function sequenceOf(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
