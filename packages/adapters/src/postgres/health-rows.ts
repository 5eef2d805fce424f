import type { HealthTransition, Micros, OperatorHealth, OperatorId } from '@oms/domain'
import type { operatorHealth } from './schema.ts'
import { textOfMicros } from './timestamps.ts'

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

const text = (at: Micros | null): string | null => (at === null ? null : textOfMicros(at))

/** Keys are columns, for jsonb_to_recordset. */
export const toHealthRow = (health: OperatorHealth) => ({
  operator_id: health.operatorId,
  state: health.state,
  since: text(health.since),
  above_degraded_since: text(health.crossings.aboveDegraded),
  above_unhealthy_since: text(health.crossings.aboveUnhealthy),
  recovered_since: text(health.crossings.recovered),
  last_received_at: text(health.lastReceivedAt),
  last_stream_seq: health.lastStreamSequence,
  last_seen_at: text(health.lastSeenAt),
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
