import type { HealthReport } from './health-report.ts'
import type { HealthState } from './health-state.ts'
import type { HealthThresholds } from './health-thresholds.ts'
import { type Micros, micros, SECOND_MICROS } from './micros.ts'
import type { Crossings, OperatorHealth } from './operator-health.ts'

export type Reduction =
  | Readonly<{ accepted: true; health: OperatorHealth }>
  /** REDELIVERED: not newer than what was applied. REPLAYED: an observation from before the newest one. */
  | Readonly<{ accepted: false; reason: 'REDELIVERED' | 'REPLAYED' }>

/**
 * The state after one report: pure and total, at most one transition. Windows and gaps run on the stream's receive
 * times alone, so that every replica and every replay comes to the same state.
 */
export function healthStateReducer(
  current: OperatorHealth,
  report: HealthReport,
  thresholds: HealthThresholds,
): Reduction {
  if (!isNewer(current, report)) return { accepted: false, reason: 'REDELIVERED' }
  const seenAt = micros(Math.min(report.at, report.receivedAt))
  const afterGap = isAfterGap(current, report, thresholds)
  if (!afterGap && isReplay(current, seenAt, thresholds)) return { accepted: false, reason: 'REPLAYED' }

  const crossings = crossed(afterGap ? NO_CROSSINGS : current.crossings, report, thresholds)
  const state = nextState(current.state, report, { crossings, thresholds })
  const changed = state !== current.state
  return {
    accepted: true,
    health: {
      operatorId: current.operatorId,
      state,
      since: changed || current.since === null ? report.receivedAt : current.since,
      crossings,
      lastReceivedAt: report.receivedAt,
      lastStreamSequence: report.streamSequence,
      // After a gap an older observation is accepted as a clock that stepped back, and time starts anew from it.
      lastSeenAt: afterGap || current.lastSeenAt === null ? seenAt : micros(Math.max(current.lastSeenAt, seenAt)),
      errorRate: report.errorRate,
      bindState: report.bindState,
      bindError: report.bindError,
      transitions: current.transitions + (changed ? 1 : 0),
    },
  }
}

const NO_CROSSINGS: Crossings = { aboveDegraded: null, aboveUnhealthy: null, recovered: null }

function isNewer({ lastReceivedAt, lastStreamSequence }: OperatorHealth, report: HealthReport): boolean {
  if (lastReceivedAt === null || report.receivedAt > lastReceivedAt) return true
  return report.receivedAt === lastReceivedAt && report.streamSequence > (lastStreamSequence ?? 0)
}

const isAfterGap = (current: OperatorHealth, report: HealthReport, { gapSeconds }: HealthThresholds): boolean =>
  current.lastReceivedAt !== null && report.receivedAt - current.lastReceivedAt > gapSeconds * SECOND_MICROS

const isReplay = (current: OperatorHealth, seenAt: Micros, { replayToleranceSeconds }: HealthThresholds): boolean =>
  current.lastSeenAt !== null && current.lastSeenAt - seenAt > replayToleranceSeconds * SECOND_MICROS

function crossed(before: Crossings, report: HealthReport, thresholds: HealthThresholds): Crossings {
  if (report.bindState === 'UNBOUND') return NO_CROSSINGS
  const from = (start: Micros | null, onThisSide: boolean) => (onThisSide ? (start ?? report.receivedAt) : null)
  return {
    aboveDegraded: from(before.aboveDegraded, report.errorRate > thresholds.degradedErrorRate),
    aboveUnhealthy: from(before.aboveUnhealthy, report.errorRate > thresholds.unhealthyErrorRate),
    recovered: from(before.recovered, report.errorRate <= thresholds.degradedErrorRate),
  }
}

function nextState(
  state: HealthState,
  report: HealthReport,
  { crossings, thresholds }: Readonly<{ crossings: Crossings; thresholds: HealthThresholds }>,
): HealthState {
  if (report.bindState === 'UNBOUND') return 'UNHEALTHY'
  const held = (start: Micros | null) =>
    start !== null && report.receivedAt - start >= thresholds.holdSeconds * SECOND_MICROS
  switch (state) {
    case 'UNKNOWN':
      return 'HEALTHY'
    case 'HEALTHY':
      return held(crossings.aboveDegraded) ? 'DEGRADED' : 'HEALTHY'
    case 'DEGRADED':
      if (held(crossings.aboveUnhealthy)) return 'UNHEALTHY'
      return held(crossings.recovered) ? 'HEALTHY' : 'DEGRADED'
    case 'UNHEALTHY':
      // A fresh bind starts over: what was held while it was down says nothing of it.
      if (report.errorRate <= thresholds.degradedErrorRate) return 'HEALTHY'
      return report.errorRate <= thresholds.unhealthyErrorRate ? 'DEGRADED' : 'UNHEALTHY'
  }
}
