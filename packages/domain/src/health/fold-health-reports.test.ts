import fc from 'fast-check'
import t from 'tap'
import { aReportHistory } from '../../test/support/report-history.ts'
import { aReport, atSecond, type Said } from '../../test/support/reports.ts'
import { newOperatorId } from '../contracts/samples.ts'
import type { OperatorId } from '../operator/operator-id.ts'
import { type FoldedReports, foldHealthReports } from './fold-health-reports.ts'
import type { HealthReport } from './health-report.ts'
import type { HealthState } from './health-state.ts'
import { HEALTH_THRESHOLD_DEFAULTS as DEFAULTS } from './health-thresholds.ts'
import { type OperatorHealth, unreported } from './operator-health.ts'

const [roshan, etisalat, awcc] = [newOperatorId(), newOperatorId(), newOperatorId()]
type Known = ReadonlyMap<OperatorId, OperatorHealth>
const fresh = (...ids: OperatorId[]): Known => new Map(ids.map((id) => [id, unreported(id)]))
const of = (operatorId: OperatorId, said: Said, facts: Partial<HealthReport> = {}) =>
  aReport(said, { operatorId, ...facts })
const lost = (second: number): Said => ({ second, bind: 'UNBOUND' })

const fold = (known: Known, ...reports: HealthReport[]) => foldHealthReports(known, reports, DEFAULTS)
/** What is known once the fold is recorded. */
const recorded = (known: Known, { states }: FoldedReports): Known =>
  new Map([...known, ...states.map((state) => [state.operatorId, state] as const)])

/** A fold's facts without its values. */
const counts = (folded: FoldedReports) => ({
  states: folded.states.length,
  confirmed: folded.confirmed.length,
  transitions: folded.transitions.length,
  accepted: folded.accepted,
  redelivered: folded.redelivered,
  replayed: folded.replayed,
  collapsed: folded.collapsed,
  unknown: folded.unknown.length,
})
const NOTHING = {
  states: 0,
  confirmed: 0,
  transitions: 0,
  accepted: 0,
  redelivered: 0,
  replayed: 0,
  collapsed: 0,
  unknown: 0,
}

t.test('a batch of several operators is reduced for each alone', async (t) => {
  const folded = fold(
    fresh(roshan, etisalat, awcc),
    of(roshan, { second: 0 }),
    of(etisalat, lost(1), { bindError: 'ESME_RBINDFAIL', traceparent: '00-trace' }),
    of(roshan, { second: 10, rate: 0.1 }),
  )
  t.same(counts(folded), { ...NOTHING, states: 2, transitions: 2, accepted: 3 })
  t.same(
    folded.states.map(({ operatorId, state, errorRate }) => ({ operatorId, state, errorRate })),
    [
      { operatorId: roshan, state: 'HEALTHY', errorRate: 0.1 },
      { operatorId: etisalat, state: 'UNHEALTHY', errorRate: 0 },
    ],
  )
  t.same(folded.transitions[1], {
    operatorId: etisalat,
    previousState: 'UNKNOWN',
    newState: 'UNHEALTHY',
    errorRate: 0,
    bindState: 'UNBOUND',
    bindError: 'ESME_RBINDFAIL',
    at: atSecond(1),
    transition: 1,
    traceparent: '00-trace',
  })
})

t.test('an empty batch makes nothing', async (t) => {
  t.same(counts(fold(fresh(roshan))), NOTHING)
})

t.test('reports of unknown operators are handed back, the others go on', async (t) => {
  const strangers = [of(etisalat, { second: 0 }), of(etisalat, { second: 2 })]
  const folded = fold(fresh(roshan), ...strangers, of(roshan, { second: 1 }))
  t.same(folded.unknown, strangers)
  t.same(counts(folded), { ...NOTHING, states: 1, transitions: 1, accepted: 1, unknown: 2 })
})

t.test('a batch is taken in the stream order, whatever its own', async (t) => {
  const inOrder = [of(roshan, { second: 0 }), of(roshan, lost(1)), of(roshan, { second: 1, sequence: 9 })]
  t.same(fold(fresh(roshan), ...inOrder.toReversed()), fold(fresh(roshan), ...inOrder))
  t.equal(fold(fresh(roshan), ...inOrder.toReversed()).states[0]?.lastStreamSequence, 9)
})

t.test('flaps within a batch collapse to the net transition, told by the report that decided it', async (t) => {
  const known = recorded(fresh(roshan), fold(fresh(roshan), of(roshan, { second: 0 })))
  const folded = fold(
    known,
    of(roshan, lost(1), { bindError: 'ESME_RBINDFAIL' }),
    of(roshan, { second: 2 }),
    of(roshan, lost(3), { bindError: 'ESME_RINVPASWD' }),
    of(roshan, lost(4), { bindError: 'later' }),
  )
  t.same(counts(folded), { ...NOTHING, states: 1, transitions: 1, accepted: 4, collapsed: 2 })
  t.match(folded.transitions[0], {
    previousState: 'HEALTHY',
    newState: 'UNHEALTHY',
    bindError: 'ESME_RINVPASWD',
    at: atSecond(3),
    transition: 2,
  })
  t.match(folded.states[0], { since: atSecond(3), transitions: 2, bindError: 'later' })
})

t.test('a net transition may be a pair that the table lacks', async (t) => {
  const known = recorded(fresh(roshan), fold(fresh(roshan), of(roshan, { second: 0 })))
  const folded = fold(known, of(roshan, lost(1)), of(roshan, { second: 2, rate: 0.1 }))
  t.match(folded.transitions[0], { previousState: 'HEALTHY', newState: 'DEGRADED', transition: 2 })
  t.equal(folded.collapsed, 1)
})

t.test('flaps that lead back leave no transition, and the state has lasted since before', async (t) => {
  const known = recorded(fresh(roshan), fold(fresh(roshan), of(roshan, { second: 0 })))
  const folded = fold(known, of(roshan, lost(1)), of(roshan, { second: 2 }))
  t.same(counts(folded), { ...NOTHING, states: 1, accepted: 2, collapsed: 2 })
  t.match(folded.states[0], { state: 'HEALTHY', since: atSecond(0), transitions: 1, lastReceivedAt: atSecond(2) })
})

t.test('a state without a beginning gets one even when flaps lead back to it', async (t) => {
  const known = new Map([[roshan, { ...unreported(roshan), state: 'HEALTHY' as const }]])
  t.equal(fold(known, of(roshan, lost(1)), of(roshan, { second: 2 })).states[0]?.since, atSecond(2))
})

t.test('the newest report come again confirms its state; older ones and replays do not', async (t) => {
  const known = recorded(fresh(roshan), fold(fresh(roshan), of(roshan, { second: 0 }), of(roshan, { second: 10 })))
  const again = fold(known, of(roshan, { second: 10 }))
  t.same(counts(again), { ...NOTHING, confirmed: 1, redelivered: 1 })
  t.equal(again.confirmed[0], known.get(roshan))
  t.same(counts(fold(known, of(roshan, { second: 0 }))), { ...NOTHING, redelivered: 1 })
  t.same(counts(fold(known, of(roshan, { second: 12, seen: 4 }))), { ...NOTHING, replayed: 1 })
})

t.test('a state that is recorded anew needs no confirmation', async (t) => {
  const known = recorded(fresh(roshan), fold(fresh(roshan), of(roshan, { second: 0 })))
  const folded = fold(known, of(roshan, { second: 0 }), of(roshan, { second: 10 }))
  t.same(counts(folded), { ...NOTHING, states: 1, accepted: 1, redelivered: 1 })
})

// Properties: three operators' histories in one stream.
const stream = fc
  .tuple(aReportHistory, aReportHistory, aReportHistory)
  .map((histories) =>
    histories.flatMap((reports, index) =>
      reports.map((report) => ({ ...report, operatorId: [roshan, etisalat, awcc][index] ?? awcc })),
    ),
  )
const byStream = (a: HealthReport, b: HealthReport) =>
  a.receivedAt - b.receivedAt || a.streamSequence - b.streamSequence
const sizes = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1 })

/** `reports` in batches of `sizes`, over and over. */
function batchesOf(reports: readonly HealthReport[], sizes: readonly number[]): HealthReport[][] {
  const batches: HealthReport[][] = []
  for (let start = 0, turn = 0; start < reports.length; turn += 1) {
    const size = sizes[turn % sizes.length] ?? 1
    batches.push(reports.slice(start, start + size))
    start += size
  }
  return batches
}

function foldAll(batches: readonly (readonly HealthReport[])[]) {
  let known = fresh(roshan, etisalat, awcc)
  const folds = batches.map((batch) => {
    const folded = fold(known, ...batch)
    known = recorded(known, folded)
    return folded
  })
  const total = (count: (folded: FoldedReports) => number) => folds.reduce((sum, one) => sum + count(one), 0)
  return {
    known,
    transitions: folds.flatMap(({ transitions }) => transitions),
    collapsed: total(({ collapsed }) => collapsed),
    accepted: total(({ accepted }) => accepted),
    outdated: total(({ redelivered, replayed }) => redelivered + replayed),
  }
}

/** Whether each operator's transitions count from 1 and each begins where the one before ended. */
function isUnbroken(transitions: FoldedReports['transitions'], known: Known): boolean {
  return [...known.values()].every((health) => {
    const own = transitions.filter(({ operatorId }) => operatorId === health.operatorId)
    const states: HealthState[] = ['UNKNOWN', ...own.map(({ newState }) => newState)]
    return (
      own.every((one, index) => one.transition === index + 1 && one.previousState === states[index]) &&
      own.every(({ previousState, newState }) => previousState !== newState) &&
      states.at(-1) === health.state &&
      own.length === health.transitions
    )
  })
}

const known = ({ known }: Readonly<{ known: Known }>) =>
  [...known.values()].map(({ since: _since, transitions: _transitions, ...health }) => health)

t.test('batches of any size come to the state that single reports do, by an unbroken chain', async (t) => {
  fc.assert(
    fc.property(stream, sizes, (reports, split) => {
      const inOrder = reports.toSorted(byStream)
      const singly = foldAll(batchesOf(inOrder, [1]))
      const batched = foldAll(batchesOf(inOrder, split))
      t.same(known(batched), known(singly))
      t.equal(batched.transitions.length + batched.collapsed, singly.transitions.length)
      t.equal(batched.accepted, singly.accepted)
      t.equal(batched.outdated, singly.outdated)
      t.equal(singly.collapsed, 0)
      t.ok(isUnbroken(singly.transitions, singly.known), 'singly')
      t.ok(isUnbroken(batched.transitions, batched.known), 'batched')
    }),
    { numRuns: 100 },
  )
})

t.test(
  'reports that are overtaken or come twice never break the chain, and the newest is always among the accepted',
  async (t) => {
    const disturbed = stream.chain((reports) => {
      const honest = reports.map((report) => ({ ...report, at: report.receivedAt }))
      return fc.shuffledSubarray([...honest, ...honest], { minLength: 1 })
    })
    fc.assert(
      fc.property(disturbed, sizes, (reports, split) => {
        const folded = foldAll(batchesOf(reports, split))
        t.ok(isUnbroken(folded.transitions, folded.known))
        t.equal(folded.accepted + folded.outdated, reports.length)
        for (const [operatorId, { lastReceivedAt, lastStreamSequence }] of folded.known) {
          const newest = reports
            .filter((report) => report.operatorId === operatorId)
            .toSorted(byStream)
            .at(-1)
          t.equal(lastReceivedAt, newest?.receivedAt ?? null)
          t.equal(lastStreamSequence, newest?.streamSequence ?? null)
        }
      }),
      { numRuns: 100 },
    )
  },
)
