import type { HealthReport } from '../../src/health/health-report.ts'
import type { HealthState } from '../../src/health/health-state.ts'

/** The rules as a table over what a report finds: nothing is carried along, everything is read off the history. */
type Finding = Readonly<{ bound: boolean; rate: number; held: (side: Side) => boolean }>
type Side = (rate: number) => boolean

const bad: Side = (rate) => rate > 0.05
const terrible: Side = (rate) => rate > 0.2
const good: Side = (rate) => !bad(rate)

const TABLE: readonly (readonly [HealthState, HealthState, (found: Finding) => boolean])[] = [
  ['UNKNOWN', 'HEALTHY', ({ bound }) => bound],
  ['UNKNOWN', 'UNHEALTHY', ({ bound }) => !bound],
  ['HEALTHY', 'UNHEALTHY', ({ bound }) => !bound],
  ['DEGRADED', 'UNHEALTHY', ({ bound }) => !bound],
  ['HEALTHY', 'DEGRADED', ({ held }) => held(bad)],
  ['DEGRADED', 'UNHEALTHY', ({ held }) => held(terrible)],
  ['DEGRADED', 'HEALTHY', ({ held }) => held(good)],
  ['UNHEALTHY', 'HEALTHY', ({ bound, rate }) => bound && good(rate)],
  ['UNHEALTHY', 'DEGRADED', ({ bound, rate }) => bound && bad(rate) && !terrible(rate)],
]

const SECOND = 1_000_000
/** The rules' own durations, in seconds. */
const DURATIONS = { hold: 60, gap: 60, tolerance: 5 }
const seenAt = ({ at, receivedAt }: HealthReport): number => Math.min(at, receivedAt)

export type Reference = Readonly<{
  state: HealthState
  /** receivedAt of the report that brought the state. */
  since: number | null
  path: readonly HealthState[]
  /** receivedAt of the report that brought each state of the path but the first. */
  movedAt: readonly number[]
  accepted: readonly HealthReport[]
  redelivered: readonly HealthReport[]
  replayed: readonly HealthReport[]
}>

/** What the rules make of one operator's reports, in the order in which they come. */
export function referenceReducer(
  reports: readonly HealthReport[],
  { hold, gap, tolerance }: Readonly<typeof DURATIONS> = DURATIONS,
): Reference {
  const path: HealthState[] = ['UNKNOWN']
  const [accepted, redelivered, replayed]: [HealthReport[], HealthReport[], HealthReport[]] = [[], [], []]
  const movedAt: number[] = []
  for (const report of reports) {
    const last = accepted.at(-1)
    if (last !== undefined && !isAfter(report, last)) {
      redelivered.push(report)
      continue
    }
    const recent = unbroken([...accepted, report], gap).slice(0, -1)
    if (recent.some((earlier) => seenAt(earlier) - seenAt(report) > tolerance * SECOND)) {
      replayed.push(report)
      continue
    }
    accepted.push(report)
    const from = path.at(-1)
    const found: Finding = {
      bound: report.bindState === 'BOUND',
      rate: report.errorRate,
      held: (side) => heldFor(unbroken(accepted, gap), side) >= hold * SECOND,
    }
    const row = TABLE.find(([state, , applies]) => state === from && applies(found))
    if (row === undefined) continue
    path.push(row[1])
    movedAt.push(report.receivedAt)
  }
  return {
    state: path.at(-1) ?? 'UNKNOWN',
    since: movedAt.at(-1) ?? null,
    path,
    movedAt,
    accepted,
    redelivered,
    replayed,
  }
}

const isAfter = (a: HealthReport, b: HealthReport): boolean =>
  a.receivedAt > b.receivedAt || (a.receivedAt === b.receivedAt && a.streamSequence > b.streamSequence)

/** The last of `reports` that lie no more than `gap` seconds apart. */
function unbroken(reports: readonly HealthReport[], gap: number): readonly HealthReport[] {
  const start = reports.findLastIndex((report, index) => {
    const before = reports[index - 1]
    return before !== undefined && report.receivedAt - before.receivedAt > gap * SECOND
  })
  return reports.slice(Math.max(0, start))
}

/** For how long the newest reports have all been bound and on one side; -1 when the newest is not. */
function heldFor(reports: readonly HealthReport[], side: Side): number {
  const off = reports.findLastIndex(({ bindState, errorRate }) => bindState === 'UNBOUND' || !side(errorRate))
  const [first, last] = [reports[off + 1], reports.at(-1)]
  return first === undefined || last === undefined ? -1 : last.receivedAt - first.receivedAt
}
