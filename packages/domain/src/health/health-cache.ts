import type { OperatorId } from '../operator/operator-id.ts'
import type { BindState, HealthState } from './health-state.ts'
import type { Micros } from './micros.ts'

/** The value of `ops:health:{operatorId}`. Times are ISO 8601; (`receivedAt`, `streamSequence`) decides which is newer. */
export type CachedHealth = Readonly<{
  status: HealthState
  errorRate: number | null
  bindState: BindState | null
  since: string
  at: string
  receivedAt: Micros
  streamSequence: number
}>

export type HealthCacheEntry = Readonly<{ operatorId: OperatorId; value: CachedHealth; ttlSeconds: number }>

/** What routing-engine reads. Rejects with DEPENDENCY_UNAVAILABLE, fast. */
export interface HealthCache {
  /** Sets a key that is not there. */
  initialise(entry: HealthCacheEntry): Promise<void>
  /** Sets each key with its life, unless it already holds a newer value; one round trip per node. */
  put(entries: readonly HealthCacheEntry[]): Promise<void>
  get(operatorId: OperatorId): Promise<CachedHealth | undefined>
  /** The cache's own time: what a key's life is counted by while PostgreSQL cannot be asked. */
  now(): Promise<Micros>
  remove(operatorId: OperatorId): Promise<void>
}
