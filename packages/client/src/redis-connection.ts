import { Redis, type Cluster } from 'ioredis'
import type { Timing } from './timing.ts'

export type OpenedRedis = Readonly<{ redis: Redis | Cluster; close(): void }>

/** A client of its own for an URL; one that the host brings, for Sentinel or Cluster, stays the host's to close. */
export function openRedis(given: string | Redis | Cluster, timing: Timing): OpenedRedis {
  if (typeof given !== 'string') return { redis: given, close: () => undefined }
  const redis = new Redis(given, {
    connectionName: 'operator-client',
    // A read that cannot be answered now is asked elsewhere, so none may wait for a connection.
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    commandTimeout: timing.redisTimeout,
    // A socket that the other side does not close, and a wait for one that is gone, would hold the process for 2 s.
    disconnectTimeout: 100,
    retryStrategy: (attempt) => Math.min(timing.retryFirst * 2 ** (attempt - 1), timing.retryMost),
  })
  // Without a listener the library prints the error, and its command may hold a password; health tells that Redis is away.
  redis.on('error', () => undefined)
  return { redis, close: () => redis.disconnect() }
}
