import type { BindState, HealthState, HealthTransition, Micros, OperatorHealth, OperatorId } from '@oms/domain'
import type { operatorHealth } from './schema.ts'
import { microsOfText, textOfMicros } from './timestamps.ts'

export const fromHealthRow = (row: typeof operatorHealth.$inferSelect): OperatorHealth => ({
  operatorId: row.operatorId as OperatorId,
  state: row.state,
  since: row.since,
  crossings: {
    aboveDegraded: row.aboveDegradedSince,
    aboveUnhealthy: row.aboveUnhealthySince,
    recovered: row.recoveredSince,
  },
  lastReceivedAt: row.lastReceivedAt,
  lastStreamSequence: row.lastStreamSeq,
  lastSeenAt: row.lastSeenAt,
  errorRate: row.errorRate,
  bindState: row.bindState,
  bindError: row.bindError,
  transitions: row.transitions,
})

/** A row of operator_health as postgres.js gives it: moments and bigints are texts. */
export type ReportedRow = Readonly<{
  operator_id: OperatorId
  state: HealthState
  since: string | null
  above_degraded_since: string | null
  above_unhealthy_since: string | null
  recovered_since: string | null
  last_received_at: string | null
  last_stream_seq: string | null
  last_seen_at: string | null
  error_rate: number | null
  bind_state: BindState | null
  bind_error: string | null
  transitions: string
}>

const moment = (text: string | null): Micros | null => (text === null ? null : microsOfText(text))

export const fromReportedRow = (row: ReportedRow): OperatorHealth => ({
  operatorId: row.operator_id,
  state: row.state,
  since: moment(row.since),
  crossings: {
    aboveDegraded: moment(row.above_degraded_since),
    aboveUnhealthy: moment(row.above_unhealthy_since),
    recovered: moment(row.recovered_since),
  },
  lastReceivedAt: moment(row.last_received_at),
  lastStreamSequence: row.last_stream_seq === null ? null : Number(row.last_stream_seq),
  lastSeenAt: moment(row.last_seen_at),
  errorRate: row.error_rate,
  bindState: row.bind_state,
  bindError: row.bind_error,
  transitions: Number(row.transitions),
})

/** Keys are columns, for json_to_recordset; moments are microseconds. */
export const toHealthRow = (health: OperatorHealth) => ({
  operator_id: health.operatorId,
  state: health.state,
  since: health.since,
  above_degraded_since: health.crossings.aboveDegraded,
  above_unhealthy_since: health.crossings.aboveUnhealthy,
  recovered_since: health.crossings.recovered,
  last_received_at: health.lastReceivedAt,
  last_stream_seq: health.lastStreamSequence,
  last_seen_at: health.lastSeenAt,
  error_rate: health.errorRate,
  bind_state: health.bindState,
  bind_error: health.bindError,
  transitions: health.transitions,
})

export const toLogRow = (transition: HealthTransition) => ({
  operator_id: transition.operatorId,
  transition: transition.transition,
  previous_state: transition.previousState,
  new_state: transition.newState,
  error_rate: transition.errorRate,
  bind_state: transition.bindState,
  bind_error: transition.bindError,
  received_at: textOfMicros(transition.at),
})
