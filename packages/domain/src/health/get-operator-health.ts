import { isDomainError } from '../errors.ts'
import { operatorNotFound } from '../operator/get-operator.ts'
import type { OperatorId } from '../operator/operator-id.ts'
import type { CachedHealth, HealthCache } from './health-cache.ts'
import type { HealthRepository } from './health-repository.ts'
import { HEALTH_FRESH_SECONDS, type HealthState } from './health-state.ts'
import { isoOfMicros } from './micros.ts'

export type GetOperatorHealthPorts = Readonly<{
  health: Pick<HealthRepository, 'find'>
  healthCache: Pick<HealthCache, 'get'>
}>

export type SeenHealth = Readonly<{
  healthState: HealthState
  /** ISO 8601; null before the first report. */
  lastReceivedAt: string | null
  healthStale: boolean
  source: 'redis' | 'postgres'
}>

/**
 * An operator's health for a peer that missed in Redis or cannot reach it: the key when there is one, else the state of
 * record. Rejects with OPERATOR_NOT_FOUND, DEPENDENCY_UNAVAILABLE.
 */
export async function getOperatorHealth(ports: GetOperatorHealthPorts, operatorId: OperatorId): Promise<SeenHealth> {
  const cached = await cachedHealth(ports, operatorId)
  if (cached !== undefined) {
    const lastReceivedAt = cached.receivedAt === 0 ? null : isoOfMicros(cached.receivedAt)
    return { healthState: cached.status, lastReceivedAt, healthStale: false, source: 'redis' }
  }
  const found = await ports.health.find(operatorId)
  if (found === undefined) throw operatorNotFound()
  const { health, ageSeconds } = found
  const healthStale = ageSeconds !== null && ageSeconds > HEALTH_FRESH_SECONDS
  return {
    healthState: healthStale ? 'UNKNOWN' : health.state,
    lastReceivedAt: health.lastReceivedAt === null ? null : isoOfMicros(health.lastReceivedAt),
    healthStale,
    source: 'postgres',
  }
}

async function cachedHealth(ports: GetOperatorHealthPorts, operatorId: OperatorId): Promise<CachedHealth | undefined> {
  try {
    return await ports.healthCache.get(operatorId)
  } catch (error) {
    // The fallback exists for just this.
    if (isDomainError(error, 'DEPENDENCY_UNAVAILABLE')) return undefined
    throw error
  }
}
