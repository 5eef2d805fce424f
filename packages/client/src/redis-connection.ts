import { Redis, type Cluster } from 'ioredis'
import type { Problem } from './observer.ts'
import type { Timing } from './timing.ts'

export type OpenedRedis = Readonly<{ redis: Redis | Cluster; close(): void }>

/** A client of its own for an URL; one that the host brings, for Sentinel or Cluster, stays the host's to close. */
export function openRedis(
  given: string | Redis | Cluster,
  { timing, onProblem }: Readonly<{ timing: Timing; onProblem: (problem: Problem) => void }>,
): OpenedRedis {
  if (typeof given !== 'string') return { redis: given, close: () => undefined }
  const redis = new Redis(given, {
    connectionName: 'operator-client',
    // A read that cannot be answered now is asked elsewhere, so none may wait for a connection.
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    commandTimeout: timing.redisTimeout,
    retryStrategy: (attempt) => Math.min(timing.retryFirst * 2 ** (attempt - 1), timing.retryMost),
  })
  let away = false
  redis.on('ready', () => (away = false))
  redis.on('error', (error: unknown) => {
    if (!away) onProblem({ source: 'redis', message: 'health is read from the internal API', error })
    away = true
  })
  return { redis, close: () => redis.disconnect() }
}
