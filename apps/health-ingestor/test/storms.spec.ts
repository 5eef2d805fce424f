// What carriers and connectors do on a bad day, small. State, log, events and keys end as a reference reducer says that
// has read the whole inbound stream, and the metrics tell what was left out.
import { publishInbound, type Report, startService } from '@oms/testkit'
import { randomUUID } from 'node:crypto'
import t from 'tap'
import { healthStory } from './support/health-story.ts'
import { wholeStream } from './support/whole-stream.ts'

const FLAPS = 300
const LOST_AT_ONCE = 200
const SKEWED = { operators: 12, rounds: 25 }
const POISONED = { operators: 10, messages: 200, every: 10 }

const DURATIONS = { hold: 1, gap: 30, tolerance: 5 }
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
const { events, report, sql } = service
const ingestor = service.app('health-ingestor')
const { newOperators, settled, tell } = healthStory(service)
const { equalsReference } = wholeStream(service)

const REASONS = ['outdated', 'replayed', 'unknown_operator', 'undecodable'] as const
/** What the metrics have counted by the end of `storm`, which none of its reports outlives. */
async function counted(storm: () => Promise<unknown>) {
  const read = async () => ({
    transitions: await ingestor.metric('ops_health_transition_total'),
    collapsed: await ingestor.metric('ops_health_collapsed_flaps_total'),
    letters: await ingestor.metric('ops_deadletter_total'),
    rejected: await Promise.all(REASONS.map((reason) => ingestor.metric('ops_health_rejected_total', { reason }))),
  })
  const before = await read()
  await storm()
  await settled()
  const after = await read()
  const grown = after.rejected.map((count, index) => count - (before.rejected[index] ?? 0))
  return {
    transitions: after.transitions - before.transitions,
    collapsed: after.collapsed - before.collapsed,
    letters: after.letters - before.letters,
    rejected: Object.fromEntries(REASONS.map((reason, index) => [reason, grown[index]])),
  }
}
const NONE = { outdated: 0, replayed: 0, unknown_operator: 0, undecodable: 0 }
const hours = (count: number) => new Date(Date.now() + count * 3_600_000).toISOString()
const ids = (count: number) => newOperators(count)
/** The same in each run, so that a failure can be had again. */
const pick = <T>(choices: readonly T[], index: number): T => choices[(index * 7 + (index >> 2)) % choices.length] as T

t.test('an operator that flaps with each report ends as its last one says, each step counted', async (t) => {
  const [operatorId = '', slow = ''] = await ids(2)
  const said = await counted(async () => {
    await Promise.all(
      Array.from({ length: FLAPS }, (_, index) =>
        report({ operatorId, bindState: index % 2 === 0 ? 'BOUND' : 'UNBOUND' }),
      ),
    )
    for (const bindState of ['BOUND', 'UNBOUND', 'BOUND', 'UNBOUND'] as const)
      await tell({ operatorId: slow, bindState })
  })
  const verdict = await equalsReference([operatorId, slow], DURATIONS)
  t.same(verdict.faults, [])
  t.equal(verdict.steps, FLAPS + 4)
  t.equal(verdict.logged, said.transitions)
  t.equal(said.transitions + said.collapsed, verdict.steps)
  t.same(said.rejected, NONE)
  t.comment(`${FLAPS} flaps: ${said.transitions - 4} told, ${said.collapsed} collapsed`)
  t.equal((await equalsReference([slow], DURATIONS)).logged, 4, 'flaps that come one by one are all told')
})

t.test('operators that are lost at once are UNHEALTHY each with one event', async (t) => {
  const operatorIds = Array.from({ length: LOST_AT_ONCE }, () => randomUUID())
  await sql`INSERT INTO ops.operators (operator_id, name, host, port, system_id, bind_type, status, max_tps, provisioning,
      credentials_version, version, created_at, updated_at, created_by, updated_by)
    SELECT id, id, id || '.example', 2775, 'gateway', 'TRANSCEIVER', 'ACTIVE', 50, 'READY', 1, 1, now(), now(), 'test', 'test'
    FROM unnest(${operatorIds}::text[]) id`
  const all = (bindState: Report['bindState']) =>
    Promise.all(operatorIds.map((operatorId) => report({ operatorId, bindState: bindState ?? 'BOUND' })))
  t.match(await counted(() => all('BOUND')), { transitions: LOST_AT_ONCE, collapsed: 0, rejected: NONE })
  const since = performance.now()
  t.match(await counted(() => all('UNBOUND')), { transitions: LOST_AT_ONCE, collapsed: 0, rejected: NONE })
  t.comment(`${LOST_AT_ONCE} at once: all recorded after ${(performance.now() - since).toFixed(0)} ms`)
  const verdict = await equalsReference(operatorIds, DURATIONS)
  t.same(verdict.faults, [])
  t.match(verdict, { steps: 2 * LOST_AT_ONCE, logged: 2 * LOST_AT_ONCE })
})

t.test('clocks an hour off to either side, replays and duplicates change nothing but what the rules say', async (t) => {
  const operatorIds = await ids(SKEWED.operators)
  const said = await counted(async () => {
    for (let round = 0; round < SKEWED.rounds; round += 1) {
      await Promise.all(
        operatorIds.flatMap((operatorId, index) => {
          const skew = [-1, 0, 1][index % 3] ?? 0
          const bindState = pick(['BOUND', 'BOUND', 'UNBOUND'] as const, round + index)
          const now = { operatorId, at: hours(skew), bindState, errorRate: pick([0, 0.04, 0.3], round * 3 + index) }
          if (round === 0) return [report(now)]
          const old = { ...now, at: hours(skew - 1 - Math.max(0, skew)), bindState: 'UNBOUND' as const }
          const kind = pick(['one', 'twice', 'replay', 'one'], round + 2 * index)
          return [report(now), ...(kind === 'twice' ? [report(now)] : kind === 'replay' ? [report(old)] : [])]
        }),
      )
    }
  })
  const verdict = await equalsReference(operatorIds, DURATIONS)
  t.same(verdict.faults, [])
  t.ok(verdict.replayed > SKEWED.operators, `${verdict.replayed} replays among ${verdict.accepted} reports`)
  t.same(said.rejected, { ...NONE, replayed: verdict.replayed })
  t.equal(said.transitions + said.collapsed, verdict.steps)
})

t.test('poison in every tenth message costs its letter and nobody else anything', async (t) => {
  const operatorIds = await ids(POISONED.operators)
  const strangers = [randomUUID(), 'nobody_in-particular']
  const poisons: readonly (() => Promise<number>)[] = [
    () => publishInbound(events.jetstream, 'not JSON'),
    () => publishInbound(events.jetstream, JSON.stringify({ operatorId: operatorIds[0], bindState: 'UNBOUND' })),
    () => publishInbound(events.jetstream, `{"operatorId":"${operatorIds[1]}","x":"${'x'.repeat(1_000_000)}"}`),
    ...strangers.map((operatorId) => () => report({ operatorId, bindState: 'UNBOUND' })),
  ]
  const hour = new Date().getUTCHours()
  const poison = new Set<number>()
  const said = await counted(() =>
    Promise.all(
      Array.from({ length: POISONED.messages }, async (_, index) => {
        const spoil = poisons[Math.floor(index / POISONED.every) % poisons.length]
        if (index % POISONED.every === 0 && spoil !== undefined) poison.add(await spoil())
        else {
          const operatorId = operatorIds[index % operatorIds.length] ?? ''
          await report({ operatorId, bindState: pick(['BOUND', 'UNBOUND'], index) })
        }
      }),
    ),
  )
  const wrong = POISONED.messages / POISONED.every
  const ofStrangers = (wrong * strangers.length) / poisons.length
  const reporting = operatorIds.filter((_, index) => index % POISONED.every !== 0)
  const verdict = await equalsReference(reporting, DURATIONS, poison)
  t.same(verdict.faults, [])
  t.equal(verdict.accepted, POISONED.messages - wrong)
  t.same(said.rejected, { ...NONE, unknown_operator: ofStrangers, undecodable: wrong - ofStrangers })
  if (new Date().getUTCHours() === hour) t.equal(said.letters, wrong - ofStrangers + strangers.length)
  t.equal((await ingestor.probe('live')).status, 200)
})
