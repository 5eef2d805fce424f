import type { HealthCacheEntry } from './health-cache.ts'
import { HEALTH_FRESH_SECONDS } from './health-state.ts'
import { isoOfMicros, type Micros, SECOND_MICROS } from './micros.ts'
import type { OperatorHealth } from './operator-health.ts'

/**
 * The key of an operator that has reported, living as long as its newest report is fresh; undefined when it has not or
 * is not. `ageSeconds` is that report's age.
 */
export function cacheEntry(health: OperatorHealth, ageSeconds = 0): HealthCacheEntry | undefined {
  const { lastReceivedAt, since } = health
  const ttlSeconds = Math.ceil(HEALTH_FRESH_SECONDS - ageSeconds)
  if (lastReceivedAt === null || since === null || ttlSeconds <= 0) return undefined
  return {
    operatorId: health.operatorId,
    ttlSeconds: Math.min(ttlSeconds, HEALTH_FRESH_SECONDS),
    value: {
      status: health.state,
      errorRate: health.errorRate,
      bindState: health.bindState,
      since: isoOfMicros(since),
      at: isoOfMicros(lastReceivedAt),
      receivedAt: lastReceivedAt,
      streamSequence: health.lastStreamSequence ?? 0,
    },
  }
}

/** `now` is the time at which they were recorded; absent, they are taken to be of this moment. */
export const cacheEntries = (states: readonly OperatorHealth[], now?: Micros): readonly HealthCacheEntry[] =>
  states.flatMap((health) => {
    const age = now === undefined ? 0 : (now - (health.lastReceivedAt ?? now)) / SECOND_MICROS
    return cacheEntry(health, age) ?? []
  })
