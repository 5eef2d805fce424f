import { cacheEntry } from './cached-health.ts'
import type { HealthCache } from './health-cache.ts'
import type { HealthRepository } from './health-repository.ts'
import { HEALTH_FRESH_SECONDS } from './health-state.ts'

/**
 * Writes the keys of all operators that report, each for what is left of its life: for a cache that came back empty.
 * Returns how many. Rejects with DEPENDENCY_UNAVAILABLE.
 */
export async function restoreHealthKeys(
  ports: Readonly<{ health: Pick<HealthRepository, 'fresh'>; healthCache: Pick<HealthCache, 'put'> }>,
): Promise<number> {
  const states = await ports.health.fresh(HEALTH_FRESH_SECONDS)
  const entries = states.flatMap(({ health, ageSeconds }) => cacheEntry(health, ageSeconds ?? undefined) ?? [])
  await ports.healthCache.put(entries)
  return entries.length
}
