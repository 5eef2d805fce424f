import type { Secret } from '@oms/domain'
import { Cluster, Redis, type RedisOptions } from 'ioredis'
import { isIP } from 'node:net'
import { replyCode } from './redis-failure.ts'
import type { RedisTarget } from './redis-url.ts'
import { type SentinelWatch, watchSentinels } from './watch-sentinels.ts'

export type RedisClient = Redis | Cluster

const COMMAND_TIMEOUT_MS = 500
const CONNECT_TIMEOUT_MS = 1_000
/** A peer that owes an answer for this long is gone without a FIN. */
const SOCKET_TIMEOUT_MS = 2_000

/** For ever, and never further apart than 400 ms: keys are to be back within a second of Redis. */
const retryStrategy = (times: number): number => Math.min(50 * times, 300) + Math.random() * 100

/** Answer or fail now: nothing waits for a connection, nothing is sent again behind the caller's back. */
const COMMON = {
  enableOfflineQueue: false,
  autoResendUnfulfilledCommands: false,
  maxRetriesPerRequest: 0,
  commandTimeout: COMMAND_TIMEOUT_MS,
  connectTimeout: CONNECT_TIMEOUT_MS,
  socketTimeout: SOCKET_TIMEOUT_MS,
  keepAlive: 5_000,
  connectionName: 'ops',
  // RESP2: every Redis and every proxy before one speaks it, and no reply that is used here differs in RESP3.
  protocol: 2,
  // The writes of one turn of the event loop leave as one pipeline per node. Reads do not wait for the turn to end.
  enableAutoPipelining: true,
  autoPipeliningIgnoredCommands: ['get', 'set', 'del', 'eval', 'ping', 'quit'],
  // After a failover the old master still answers, but only reads.
  reconnectOnError: (error: Error) => replyCode(error) === 'READONLY',
} satisfies RedisOptions

const { connectTimeout, keepAlive, connectionName, protocol } = COMMON

/** Leaves a master that the sentinels have replaced, even when it still answers. */
export function leaveReplacedMasters(client: RedisClient, target: RedisTarget): SentinelWatch | undefined {
  if (target.kind !== 'sentinel' || client instanceof Cluster) return undefined
  return watchSentinels(target, { connectTimeout, keepAlive, connectionName, protocol, retryStrategy }, () => {
    // One that is connecting asks the sentinels anyway, and would end for good.
    if (client.status === 'ready') client.disconnect(true)
  })
}

/** A client that begins to connect at once and goes on trying until it is closed. */
export function createClient(target: RedisTarget, secret: Secret | undefined): RedisClient {
  const password = secret?.reveal() ?? target.password
  const login = {
    ...(target.username !== undefined && { username: target.username }),
    ...(password !== undefined && { password }),
  }
  switch (target.kind) {
    case 'server': {
      const { host, port } = target.node
      // RFC 6066 §3: an address is no server name.
      const tls = target.tls ? { tls: isIP(host) === 0 ? { servername: host } : {} } : {}
      return new Redis({ ...COMMON, ...login, ...tls, host, port, db: target.db, retryStrategy })
    }
    case 'sentinel':
      return new Redis({
        ...COMMON,
        ...login,
        sentinels: [...target.sentinels],
        name: target.name,
        db: target.db,
        retryStrategy,
        sentinelRetryStrategy: retryStrategy,
        sentinelCommandTimeout: COMMAND_TIMEOUT_MS,
      })
    case 'cluster': {
      const { enableOfflineQueue, ...nodeOptions } = COMMON
      return new Cluster([...target.nodes], {
        enableOfflineQueue,
        enableAutoPipelining: COMMON.enableAutoPipelining,
        autoPipeliningIgnoredCommands: COMMON.autoPipeliningIgnoredCommands,
        clusterRetryStrategy: retryStrategy,
        clusterNodeRetryStrategy: retryStrategy,
        slotsRefreshTimeout: CONNECT_TIMEOUT_MS,
        // The cluster makes the pipelines. A node that made its own would send ASKING after the command that it is for.
        redisOptions: { ...nodeOptions, ...login, enableAutoPipelining: false },
      })
    }
  }
}
