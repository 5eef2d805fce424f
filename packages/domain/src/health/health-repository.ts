import type { OperatorId } from '../operator/operator-id.ts'
import type { OutboxEvent } from '../outbox/outbox-event.ts'
import type { HealthState } from './health-state.ts'
import type { Micros } from './micros.ts'
import type { HealthTransition, OperatorHealth } from './operator-health.ts'

/** What one batch of reports changes: each touched state once, and each net transition with its event. */
export type HealthChange = Readonly<{
  states: readonly OperatorHealth[]
  transitions: readonly Readonly<{ transition: HealthTransition; event: OutboxEvent }>[]
}>

/** A state with its age in seconds, on PostgreSQL's clock, when it was read. */
export type AgedHealth = Readonly<{ health: OperatorHealth; ageSeconds: number | null }>

/** An operator of which nothing is heard, with the state that it had and the age in seconds of its newest report. */
export type SilentOperator = Readonly<{ operatorId: OperatorId; lastState: HealthState; ageSeconds: number }>

/** The state of record. Rejects with DEPENDENCY_UNAVAILABLE. */
export interface HealthRepository {
  /**
   * In one transaction: locks the states of those of `operatorIds` that are live, in operatorId order (one that has no
   * report yet is `unreported`), and writes what `decide` makes of them: states, log rows, events. `decide` is pure and
   * told the time on PostgreSQL's clock, undefined when it knows no state; it may run again when a deadlock made the
   * transaction start over. Resolves after COMMIT with what was written.
   */
  change(
    operatorIds: readonly OperatorId[],
    decide: (known: ReadonlyMap<OperatorId, OperatorHealth>, now?: Micros) => HealthChange,
  ): Promise<HealthChange>
  /** A live operator's state; undefined for an unknown or deleted operator. */
  find(operatorId: OperatorId): Promise<AgedHealth | undefined>
  /** The states of live operators that reported within the last `seconds`. */
  fresh(seconds: number): Promise<readonly AgedHealth[]>
  /** Live ACTIVE operators that have reported, but not within the last `seconds`. */
  silent(seconds: number): Promise<readonly SilentOperator[]>
  /** Those of `operatorIds` that are live and reported within the last `seconds`. */
  reporting(operatorIds: readonly OperatorId[], seconds: number): Promise<readonly OperatorId[]>
}
