import type { OperatorId } from '../operator/operator-id.ts'
import type { HealthReport } from './health-report.ts'
import { healthStateReducer } from './health-state-reducer.ts'
import type { HealthThresholds } from './health-thresholds.ts'
import type { HealthTransition, OperatorHealth } from './operator-health.ts'

export type FoldedReports = Readonly<{
  /** Each state that a report touched, once. */
  states: readonly OperatorHealth[]
  /** States whose newest report came again: nothing to record, but their key may have been lost. */
  confirmed: readonly OperatorHealth[]
  /** At most one per operator: the net change, with the trace of the report that decided it. */
  transitions: readonly (HealthTransition & Readonly<{ traceparent: string | null }>)[]
  accepted: number
  redelivered: number
  replayed: number
  /** Transitions that the net change swallowed. */
  collapsed: number
  /** Reports of operators that `known` lacks. */
  unknown: readonly HealthReport[]
}>

/** Reduces a batch of reports, per operator in the stream's order, to what has to be written. */
export function foldHealthReports(
  known: ReadonlyMap<OperatorId, OperatorHealth>,
  reports: readonly HealthReport[],
  thresholds: HealthThresholds,
): FoldedReports {
  const folds = new Map<OperatorId, Fold>()
  const unknown: HealthReport[] = []
  for (const report of reports.toSorted(byStreamOrder)) {
    const before = known.get(report.operatorId)
    if (before === undefined) {
      unknown.push(report)
      continue
    }
    const fold = folds.get(report.operatorId) ?? startFold(before)
    folds.set(report.operatorId, fold)
    apply(fold, report, thresholds)
  }
  const all = [...folds.values()]
  const sum = (count: (fold: Fold) => number) => all.reduce((total, fold) => total + count(fold), 0)
  return {
    states: all.filter(({ accepted }) => accepted > 0).map(settled),
    confirmed: all.filter(({ accepted, confirmed }) => accepted === 0 && confirmed).map(({ health }) => health),
    transitions: all.flatMap(netTransition),
    accepted: sum(({ accepted }) => accepted),
    redelivered: sum(({ redelivered }) => redelivered),
    replayed: sum(({ replayed }) => replayed),
    collapsed: sum((fold) => fold.health.transitions - fold.before.transitions - netTransition(fold).length),
    unknown,
  }
}

type Fold = {
  readonly before: OperatorHealth
  health: OperatorHealth
  deciding: HealthReport | undefined
  confirmed: boolean
  accepted: number
  redelivered: number
  replayed: number
}

const startFold = (before: OperatorHealth): Fold => ({
  before,
  health: before,
  deciding: undefined,
  confirmed: false,
  accepted: 0,
  redelivered: 0,
  replayed: 0,
})

function apply(fold: Fold, report: HealthReport, thresholds: HealthThresholds): void {
  const reduction = healthStateReducer(fold.health, report, thresholds)
  if (reduction.accepted) {
    if (reduction.health.state !== fold.health.state) fold.deciding = report
    fold.health = reduction.health
    fold.accepted += 1
  } else if (reduction.reason === 'REDELIVERED') {
    fold.redelivered += 1
    fold.confirmed ||= report.receivedAt === fold.health.lastReceivedAt
  } else {
    fold.replayed += 1
  }
}

/** The state as it is recorded: flaps that led back to where they began have left no mark. */
function settled({ before, health }: Fold): OperatorHealth {
  if (health.state !== before.state) return { ...health, transitions: before.transitions + 1 }
  return { ...health, since: before.since ?? health.since, transitions: before.transitions }
}

function netTransition(fold: Fold): FoldedReports['transitions'] {
  const { before, deciding, health } = fold
  if (deciding === undefined || health.state === before.state) return []
  return [
    {
      operatorId: health.operatorId,
      previousState: before.state,
      newState: health.state,
      errorRate: deciding.errorRate,
      bindState: deciding.bindState,
      bindError: deciding.bindError,
      at: deciding.receivedAt,
      transition: before.transitions + 1,
      traceparent: deciding.traceparent,
    },
  ]
}

const byStreamOrder = (a: HealthReport, b: HealthReport): number =>
  a.receivedAt - b.receivedAt || a.streamSequence - b.streamSequence
