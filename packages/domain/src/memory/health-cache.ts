import type { CachedHealth, HealthCache, HealthCacheEntry } from '../health/health-cache.ts'
import { microsOfDate } from '../health/micros.ts'
import type { OperatorId } from '../operator/operator-id.ts'

/** `ttlSeconds` is a key's remaining life, 0 when it is not there. */
export function memoryHealthCache(
  now: () => Date = () => new Date(),
): HealthCache & Readonly<{ ttlSeconds: (operatorId: OperatorId) => number }> {
  const keys = new Map<OperatorId, Readonly<{ value: CachedHealth; expiresAt: number }>>()
  const life = (operatorId: OperatorId): number => (keys.get(operatorId)?.expiresAt ?? 0) - now().getTime()
  const current = (operatorId: OperatorId) => (life(operatorId) > 0 ? keys.get(operatorId)?.value : undefined)
  const set = ({ operatorId, value, ttlSeconds }: HealthCacheEntry) =>
    keys.set(operatorId, { value, expiresAt: now().getTime() + ttlSeconds * 1_000 })
  return {
    initialise: async (entry) => {
      if (current(entry.operatorId) === undefined) set(entry)
    },
    put: async (entries) => {
      for (const entry of entries) {
        const known = current(entry.operatorId)
        if (known === undefined || !isNewer(known, entry.value)) set(entry)
      }
    },
    get: async (operatorId) => current(operatorId),
    now: async () => microsOfDate(now()),
    remove: async (operatorId) => {
      keys.delete(operatorId)
    },
    ttlSeconds: (operatorId) => Math.max(0, life(operatorId) / 1_000),
  }
}

const isNewer = (a: CachedHealth, b: CachedHealth): boolean =>
  a.receivedAt === b.receivedAt ? a.streamSequence > b.streamSequence : a.receivedAt > b.receivedAt
