import fc from 'fast-check'
import t from 'tap'
import { referenceReducer } from '../../test/support/reference-reducer.ts'
import { aReport, atSecond, type Said } from '../../test/support/reports.ts'
import { aReportHistory } from '../../test/support/report-history.ts'
import { newOperatorId } from '../contracts/samples.ts'
import type { HealthReport } from './health-report.ts'
import { HEALTH_STATES, type HealthState } from './health-state.ts'
import { healthStateReducer } from './health-state-reducer.ts'
import { HEALTH_THRESHOLD_DEFAULTS as DEFAULTS } from './health-thresholds.ts'
import { type OperatorHealth, unreported } from './operator-health.ts'

const start = unreported(newOperatorId())

/** The state after reports that must all be accepted. */
function after(said: readonly Said[], from: OperatorHealth = start): OperatorHealth {
  return said.reduce((health, one) => {
    const reduction = healthStateReducer(health, aReport(one), DEFAULTS)
    if (!reduction.accepted) throw new Error(`the report of second ${one.second} was ${reduction.reason}`)
    return reduction.health
  }, from)
}

/** One report each 10 s from `from` to `to`. */
const every10 = (from: number, to: number, rest: Omit<Said, 'second'> = {}): Said[] =>
  Array.from({ length: (to - from) / 10 + 1 }, (_, index) => ({ second: from + index * 10, ...rest }))

// How each state is reached: a history that ends so long before second 0 that nothing is held any more.
const REACHED: Record<HealthState, readonly Said[]> = {
  UNKNOWN: [],
  HEALTHY: [{ second: -300 }],
  DEGRADED: every10(-400, -340, { rate: 0.1 }),
  UNHEALTHY: [{ second: -300, bind: 'UNBOUND' }],
}

// One report at second 0, and what each state becomes by it.
type Row = Readonly<{ input: string; said: readonly Said[]; becomes: Record<HealthState, HealthState> }>
const stays = { UNKNOWN: 'UNKNOWN', HEALTHY: 'HEALTHY', DEGRADED: 'DEGRADED', UNHEALTHY: 'UNHEALTHY' } as const
const ROWS: readonly Row[] = [
  {
    input: 'UNBOUND',
    said: [{ second: 0, bind: 'UNBOUND' }],
    becomes: { ...stays, UNKNOWN: 'UNHEALTHY', HEALTHY: 'UNHEALTHY', DEGRADED: 'UNHEALTHY' },
  },
  {
    input: 'UNBOUND with a rate above 0.20',
    said: [{ second: 0, bind: 'UNBOUND', rate: 1 }],
    becomes: { ...stays, UNKNOWN: 'UNHEALTHY', HEALTHY: 'UNHEALTHY', DEGRADED: 'UNHEALTHY' },
  },
  ...[0, 0.05].map((rate) => ({
    input: `BOUND at ${rate}`,
    said: [{ second: 0, rate }],
    becomes: { ...stays, UNKNOWN: 'HEALTHY', UNHEALTHY: 'HEALTHY' } as const,
  })),
  ...[0.0500001, 0.2].map((rate) => ({
    input: `BOUND at ${rate}`,
    said: [{ second: 0, rate }],
    becomes: { ...stays, UNKNOWN: 'HEALTHY', UNHEALTHY: 'DEGRADED' } as const,
  })),
  ...[0.2000001, 1].map((rate) => ({
    input: `BOUND at ${rate}`,
    said: [{ second: 0, rate }],
    becomes: { ...stays, UNKNOWN: 'HEALTHY' } as const,
  })),
]

for (const { input, said, becomes } of ROWS) {
  for (const from of HEALTH_STATES) {
    const to = becomes[from]
    const what = from === to ? `${from} stays when ${input}` : `${from}→${to} when ${input}`
    t.test(`US-OPS-06 AC4: ${what}`, async (t) => {
      const before = after(REACHED[from])
      t.equal(before.state, from)
      const { state, since, transitions } = after(said, before)
      t.equal(state, to)
      t.equal(since, from === to ? before.since : atSecond(0))
      t.equal(transitions, before.transitions + (from === to ? 0 : 1))
    })
  }
}

// Windows: the state before, what was reported, and what each report made of it.
type Window = Readonly<{ name: string; from: HealthState; said: readonly Said[]; states: readonly HealthState[] }>
const held = (rate: number, seconds: number): readonly Said[] => [
  { second: 0, rate },
  { second: seconds / 2, rate },
  { second: seconds, rate },
]
const WINDOWS: readonly Window[] = [
  ...(
    [
      ['HEALTHY', 'DEGRADED', [0.0500001, 0.2]],
      ['DEGRADED', 'UNHEALTHY', [0.2000001, 1]],
      ['DEGRADED', 'HEALTHY', [0, 0.05]],
    ] as const
  ).flatMap(([from, to, rates]) =>
    rates.flatMap((rate) => [
      { name: `${from}→${to} at ${rate} for 60 s`, from, said: held(rate, 60), states: [from, from, to] },
      {
        name: `${from} stays at ${rate} for 59.999999 s`,
        from,
        said: held(rate, 59.999999),
        states: [from, from, from],
      },
    ]),
  ),
  {
    name: 'HEALTHY stays at 0.05 for ever',
    from: 'HEALTHY',
    said: held(0.05, 90),
    states: ['HEALTHY', 'HEALTHY', 'HEALTHY'],
  },
  {
    name: 'DEGRADED stays between 0.05 and 0.20 for ever',
    from: 'DEGRADED',
    said: held(0.2, 90),
    states: ['DEGRADED', 'DEGRADED', 'DEGRADED'],
  },
  {
    name: 'UNHEALTHY stays above 0.20 for ever while BOUND',
    from: 'UNHEALTHY',
    said: held(0.3, 90),
    states: ['UNHEALTHY', 'UNHEALTHY', 'UNHEALTHY'],
  },
  {
    name: 'one report takes one step: HEALTHY→DEGRADED, and DEGRADED→UNHEALTHY with the next',
    from: 'HEALTHY',
    said: [...held(0.5, 60), { second: 61, rate: 0.5 }],
    states: ['HEALTHY', 'HEALTHY', 'DEGRADED', 'UNHEALTHY'],
  },
  {
    name: 'a crossing above 0.20 starts at the first report above 0.20',
    from: 'HEALTHY',
    said: [...held(0.1, 60), { second: 65, rate: 0.3 }, { second: 124, rate: 0.3 }, { second: 125, rate: 0.3 }],
    states: ['HEALTHY', 'HEALTHY', 'DEGRADED', 'DEGRADED', 'DEGRADED', 'UNHEALTHY'],
  },
  {
    name: 'one report at 0.05 starts the way to DEGRADED over',
    from: 'HEALTHY',
    said: [...held(0.1, 50), { second: 55, rate: 0.05 }, { second: 60, rate: 0.1 }, { second: 119, rate: 0.1 }],
    states: ['HEALTHY', 'HEALTHY', 'HEALTHY', 'HEALTHY', 'HEALTHY', 'HEALTHY'],
  },
  {
    name: 'one report above 0.05 starts the way back to HEALTHY over',
    from: 'DEGRADED',
    said: [...held(0, 50), { second: 55, rate: 0.06 }, { second: 60 }, { second: 119 }, { second: 120 }],
    states: ['DEGRADED', 'DEGRADED', 'DEGRADED', 'DEGRADED', 'DEGRADED', 'DEGRADED', 'HEALTHY'],
  },
  {
    name: 'one report at 0.20 starts the way to UNHEALTHY over',
    from: 'DEGRADED',
    said: [...held(0.3, 50), { second: 55, rate: 0.2 }, { second: 60, rate: 0.3 }, { second: 119, rate: 0.3 }],
    states: ['DEGRADED', 'DEGRADED', 'DEGRADED', 'DEGRADED', 'DEGRADED', 'DEGRADED'],
  },
  {
    name: 'a lost bind forgets what was held, and its rate starts nothing',
    from: 'HEALTHY',
    said: [
      ...held(0.1, 50),
      { second: 51, bind: 'UNBOUND', rate: 0.1 },
      { second: 52, rate: 0 },
      { second: 53, rate: 0.1 },
      { second: 112, rate: 0.1 },
      { second: 113, rate: 0.1 },
    ],
    states: ['HEALTHY', 'HEALTHY', 'HEALTHY', 'UNHEALTHY', 'HEALTHY', 'HEALTHY', 'HEALTHY', 'DEGRADED'],
  },
  {
    name: 'reports exactly 60 s apart belong together',
    from: 'HEALTHY',
    said: [
      { second: 0, rate: 0.1 },
      { second: 60, rate: 0.1 },
    ],
    states: ['HEALTHY', 'DEGRADED'],
  },
  {
    name: 'a gap of over 60 s forgets what was held',
    from: 'HEALTHY',
    said: [
      { second: 0, rate: 0.1 },
      { second: 60.000001, rate: 0.1 },
      { second: 120, rate: 0.1 },
      { second: 120.000001, rate: 0.1 },
    ],
    states: ['HEALTHY', 'HEALTHY', 'HEALTHY', 'DEGRADED'],
  },
]

for (const { name, from, said, states } of WINDOWS) {
  t.test(`US-OPS-06 AC4: ${name}`, async (t) => {
    const before = after(REACHED[from])
    t.same(
      said.map((_, index) => after(said.slice(0, index + 1), before).state),
      states,
    )
  })
}

t.test('a state that the past left without a beginning takes the next report for it', async (t) => {
  const before = { ...after(REACHED.HEALTHY), since: null, lastStreamSequence: null }
  t.equal(after([{ second: 0 }], before).since, atSecond(0))
  t.equal(after([{ second: -300, sequence: 1 }], before).since, atSecond(-300), 'any sequence follows none')
})

t.test('an accepted report is what is known of the bind, whatever it does to the state', async (t) => {
  const before = after([{ second: 0, rate: 0.01 }])
  const report = aReport({ second: 10, rate: 0.3, seen: 9 }, { bindError: 'ESME_RTHROTTLED' })
  t.same(healthStateReducer(before, report, DEFAULTS), {
    accepted: true,
    health: {
      operatorId: start.operatorId,
      state: 'HEALTHY',
      since: atSecond(0),
      crossings: { aboveDegraded: atSecond(10), aboveUnhealthy: atSecond(10), recovered: null },
      lastReceivedAt: atSecond(10),
      lastStreamSequence: 11,
      lastSeenAt: atSecond(9),
      errorRate: 0.3,
      bindState: 'BOUND',
      bindError: 'ESME_RTHROTTLED',
      transitions: 1,
    },
  })
})

const reasonOf = (before: OperatorHealth, said: Said): string => {
  const reduction = healthStateReducer(before, aReport(said), DEFAULTS)
  return reduction.accepted ? 'ACCEPTED' : reduction.reason
}

t.test('what is not newer in the stream is a redelivery, the sequence breaking ties', async (t) => {
  const before = after([{ second: 100, sequence: 7 }])
  t.equal(reasonOf(before, { second: 100, sequence: 7 }), 'REDELIVERED')
  t.equal(reasonOf(before, { second: 100, sequence: 6 }), 'REDELIVERED')
  t.equal(reasonOf(before, { second: 99.999999, sequence: 8 }), 'REDELIVERED')
  t.equal(reasonOf(before, { second: 0, sequence: 8 }), 'REDELIVERED', 'however old')
  t.equal(reasonOf(before, { second: 100, sequence: 8 }), 'ACCEPTED')
  t.equal(reasonOf(before, { second: 100.000001, sequence: 1 }), 'ACCEPTED', 'time goes before sequence')
})

t.test('an observation from more than 5 s before the newest is a replay, and changes nothing', async (t) => {
  const before = after([{ second: 100 }])
  t.equal(reasonOf(before, { second: 110, seen: 95 }), 'ACCEPTED', '5 s')
  t.equal(reasonOf(before, { second: 110, seen: 94.999999 }), 'REPLAYED', '5.000001 s')
  t.equal(reasonOf(before, { second: 110, seen: 94, bind: 'UNBOUND' }), 'REPLAYED', 'not even a lost bind counts')
})

t.test('an older observation that is accepted does not make the newest one older', async (t) => {
  const before = after([{ second: 100 }, { second: 101, seen: 96 }])
  t.equal(before.lastSeenAt, atSecond(100))
  t.equal(reasonOf(before, { second: 102, seen: 94.999999 }), 'REPLAYED')
})

t.test('a clock ahead of the stream counts as the time of receipt', async (t) => {
  const before = after([{ second: 100, seen: 5_000 }])
  t.equal(before.lastSeenAt, atSecond(100))
  t.equal(reasonOf(before, { second: 110, seen: 95 }), 'ACCEPTED')
})

t.test('after 60 s without a report a clock that stepped back is believed, and time starts anew', async (t) => {
  const before = after([{ second: 100 }])
  t.equal(reasonOf(before, { second: 160, seen: 10 }), 'REPLAYED', 'exactly 60 s are not over')
  const stepped = after([{ second: 160.000001, seen: 10 }], before)
  t.equal(stepped.lastSeenAt, atSecond(10))
  t.equal(reasonOf(stepped, { second: 170, seen: 5 }), 'ACCEPTED')
  t.equal(reasonOf(stepped, { second: 170, seen: 4.999999 }), 'REPLAYED')
})

t.test('thresholds and windows are configuration', async (t) => {
  const own = {
    degradedErrorRate: 0.5,
    unhealthyErrorRate: 0.9,
    holdSeconds: 1,
    gapSeconds: 2,
    replayToleranceSeconds: 0,
  }
  const reduce = (health: OperatorHealth, said: Said) => healthStateReducer(health, aReport(said), own)
  const stateOf = (said: readonly Said[]) =>
    said.reduce((health, one) => {
      const reduction = reduce(health, one)
      return reduction.accepted ? reduction.health : health
    }, start).state
  t.equal(stateOf([{ second: 0 }, { second: 1, rate: 0.5 }, { second: 2, rate: 0.5 }]), 'HEALTHY')
  t.equal(stateOf([{ second: 0 }, { second: 1, rate: 0.6 }, { second: 2, rate: 0.6 }]), 'DEGRADED')
  t.equal(
    stateOf([
      { second: 0, rate: 1 },
      { second: 1, rate: 1 },
      { second: 2, rate: 1 },
    ]),
    'UNHEALTHY',
  )
  t.equal(stateOf([{ second: 0 }, { second: 1, rate: 0.6 }, { second: 3.000001, rate: 0.6 }]), 'HEALTHY')
  t.match(reduce(after([{ second: 100 }]), { second: 101, seen: 99.999999 }), { reason: 'REPLAYED' })
})

const PAIRS =
  'UNKNOWN→HEALTHY UNKNOWN→UNHEALTHY HEALTHY→UNHEALTHY HEALTHY→DEGRADED DEGRADED→UNHEALTHY DEGRADED→HEALTHY UNHEALTHY→HEALTHY UNHEALTHY→DEGRADED'

/** Every state that a history leads through, and what became of each report. */
function run(reports: readonly HealthReport[]) {
  const path: HealthState[] = ['UNKNOWN']
  const movedAt: number[] = []
  const [accepted, redelivered, replayed]: [HealthReport[], HealthReport[], HealthReport[]] = [[], [], []]
  let health = start
  for (const report of reports) {
    const reduction = healthStateReducer(health, report, DEFAULTS)
    if (!reduction.accepted) {
      ;(reduction.reason === 'REDELIVERED' ? redelivered : replayed).push(report)
      continue
    }
    accepted.push(report)
    if (reduction.health.state !== health.state) {
      path.push(reduction.health.state)
      movedAt.push(report.receivedAt)
    }
    health = reduction.health
  }
  return { state: health.state, since: health.since, path, movedAt, accepted, redelivered, replayed, health }
}

t.test('any history of reports leads where the rules, read off that history, say', async (t) => {
  const taken = new Map<string, number>()
  fc.assert(
    fc.property(aReportHistory, (reports) => {
      const { health, ...ours } = run(reports)
      t.same(ours, referenceReducer(reports))
      t.equal(health.transitions, ours.path.length - 1)
      ours.path.slice(1).forEach((to, index) => {
        const pair = `${ours.path[index]}→${to}`
        taken.set(pair, (taken.get(pair) ?? 0) + 1)
      })
    }),
    { numRuns: 400 },
  )
  t.same([...taken.keys()].toSorted(), PAIRS.split(' ').toSorted(), 'every step of the table was taken, and no other')
})

t.test('a report that comes again changes nothing, wherever it comes again', async (t) => {
  fc.assert(
    fc.property(aReportHistory, fc.infiniteStream(fc.nat()), (reports, places) => {
      const inOrder = run(reports).accepted
      const again = inOrder.flatMap((report, index) => {
        const earlier = inOrder[(places.next().value ?? 0) % (index + 1)]
        return earlier === undefined ? [report] : [report, earlier]
      })
      t.same(run(again).health, run(inOrder).health)
    }),
    { numRuns: 100 },
  )
})
