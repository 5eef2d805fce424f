import type { OperatorId } from '../operator/operator-id.ts'
import type { BindState, HealthState } from './health-state.ts'
import type { Micros } from './micros.ts'

/** Since when (receivedAt) reports have been on one side of a threshold without a break; null while they are not. */
export type Crossings = Readonly<{
  aboveDegraded: Micros | null
  aboveUnhealthy: Micros | null
  recovered: Micros | null
}>

/** The state of record of one operator's health. All nulls before its first report. */
export type OperatorHealth = Readonly<{
  operatorId: OperatorId
  state: HealthState
  /** receivedAt of the report that brought this state. */
  since: Micros | null
  crossings: Crossings
  lastReceivedAt: Micros | null
  lastStreamSequence: number | null
  /** Newest accepted min(at, receivedAt). */
  lastSeenAt: Micros | null
  errorRate: number | null
  bindState: BindState | null
  bindError: string | null
  /** Counts this operator's transitions: the order of its events. */
  transitions: number
}>

export const unreported = (operatorId: OperatorId): OperatorHealth => ({
  operatorId,
  state: 'UNKNOWN',
  since: null,
  crossings: { aboveDegraded: null, aboveUnhealthy: null, recovered: null },
  lastReceivedAt: null,
  lastStreamSequence: null,
  lastSeenAt: null,
  errorRate: null,
  bindState: null,
  bindError: null,
  transitions: 0,
})

/** The net change of one operator in one batch; `transition` is its number, `collapsed` how many flaps it swallowed. */
export type HealthTransition = Readonly<{
  operatorId: OperatorId
  previousState: HealthState
  newState: HealthState
  errorRate: number
  bindState: BindState
  bindError: string | null
  /** receivedAt of the report that decided it. */
  at: Micros
  transition: number
}>
