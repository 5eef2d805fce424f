import type { Cluster, Redis } from 'ioredis'
import type { ConnectionOptions } from 'nats'
import { createCredentials } from './credentials.ts'
import { createDirectory, type Directory, type DirectoryChange } from './directory.ts'
import { OperatorClientError } from './errors.ts'
import { createHealth, type HealthChange, type OperatorHealth } from './health.ts'
import { createInternalApi, type TlsFiles } from './internal-api.ts'
import { isRecord } from './is-record.ts'
import { openNats } from './nats-connection.ts'
import type { ClientObserver, Problem } from './observer.ts'
import type { OperatorCredentials } from './operator.ts'
import { openRedis } from './redis-connection.ts'
import { createRoutingTable, type Network, type RouteCandidate } from './routing-table.ts'
import { TIMING, type Timing } from './timing.ts'

export type OperatorClientOptions = ClientObserver &
  Readonly<{
    /** `https://host:port` of internal-api. */
    internalUrl: string
    /** Paths of PEM files; read again when they change. */
    tls: TlsFiles
    /** As for `connect` of the package `nats`. */
    nats: ConnectionOptions
    /** `redis://` or `rediss://`; or an ioredis client of the host's, as for Sentinel and Cluster, which stays open. */
    redis: string | Redis | Cluster
    timing?: Partial<Timing>
  }>

/** Everything is kept in memory and up to date in the background; nothing here is written to disk. */
export interface OperatorClient {
  /**
   * Resolves when the directory is there, so that routes can be chosen; until then the internal API is tried again. Rejects
   * with UNAVAILABLE when the client is closed before.
   */
  readonly ready: Promise<void>
  /** Every live operator with its rules, as of the newest event. */
  readonly directory: Pick<Directory, 'get' | 'all' | 'size'> &
    Readonly<{
      /** Told of each change once, in the order of an operator's versions; answers how to stop. */
      onChange(listener: (change: DirectoryChange) => void): () => void
    }>
  /**
   * What a bind needs: from memory for 30 minutes unless a config event told of a change, and for as long as it takes
   * while the internal API or Vault is away. Rejects with OperatorClientError: NOT_FOUND, REFUSED (this certificate may
   * not), UNAVAILABLE (away, and never read before).
   */
  credentials(operatorId: string): Promise<OperatorCredentials>
  /** From Redis, else from the internal API, else UNKNOWN. Rejects with NOT_FOUND alone. */
  health(operatorId: string): Promise<OperatorHealth>
  /** Told when what routes go by changes. */
  onHealthChange(listener: (change: HealthChange) => void): () => void
  /**
   * The operators to offer a message to, best first, from memory. `to` is E.164, with or without +; the network is that of
   * the subscriber where it is known. Throws TypeError on what is no number or network, and OperatorClientError
   * UNAVAILABLE before `ready`.
   */
  route(to: string, network?: Network): readonly RouteCandidate[]
  /** Ends everything that runs in the background; in-flight reads reject. */
  close(): Promise<void>
}

/** Returns at once; whatever is away is waited for in the background. Throws TypeError on options that can never work. */
export function createOperatorClient(options: OperatorClientOptions): OperatorClient {
  refuseIncomplete(options)
  const timing: Timing = { ...TIMING, ...options.timing }
  let closed = false
  const tell = quietly(options.onProblem)
  // What is broken off at the end is no problem of anybody.
  const onProblem = (problem: Problem): void => (closed ? undefined : tell(problem))
  const shared = { timing, onProblem }

  const api = createInternalApi({ url: options.internalUrl, tls: options.tls, ...shared })
  const redis = openRedis(options.redis, timing)
  const nats = openNats(options.nats, shared)
  const credentials = createCredentials({ api, timing })
  const table = createRoutingTable()
  const directory = createDirectory({ api, nats: nats.connection, ...shared })
  const health = createHealth({
    api,
    redis: redis.redis,
    nats: nats.connection,
    known: () => operatorIds(directory),
    ...shared,
  })

  directory.onSnapshot((operators) => health.learn(operators))
  directory.onChange(({ operatorId, after }) => {
    table.put(operatorId, after)
    if (after === undefined) {
      credentials.forget(operatorId)
      health.forget(operatorId)
    } else {
      credentials.invalidate(operatorId)
    }
  })
  let isReady = false
  let giveUp: (reason: OperatorClientError) => void
  const closing = new Promise<never>((_resolve, reject) => {
    giveUp = reject
  })
  const ready = Promise.race([directory.ready, closing]).then(() => {
    isReady = true
  })
  // A host need not wait for it, and an unheard rejection would end the host.
  ready.catch(() => undefined)

  return {
    ready,
    directory: {
      get: directory.get,
      all: directory.all,
      get size() {
        return directory.size
      },
      onChange: directory.onChange,
    },
    credentials: (operatorId) => credentials.get(operatorId),
    health: (operatorId) => health.get(operatorId),
    onHealthChange: (listener) => health.onChange(listener),
    route(to, network = {}) {
      if (!isReady) throw new OperatorClientError('UNAVAILABLE', 'the directory has not been read yet')
      return table.route(to, network, health.stateOf)
    },
    async close() {
      closed = true
      giveUp(new OperatorClientError('UNAVAILABLE', 'the client is closed'))
      credentials.close()
      await Promise.allSettled([directory.close(), health.close()])
      redis.close()
      await Promise.allSettled([nats.close(), api.close()])
    },
  }
}

function* operatorIds(directory: Pick<Directory, 'all'>): Iterable<string> {
  for (const { operatorId } of directory.all()) yield operatorId
}

/** Plain JavaScript may leave one out, for which the libraries would take a server on this machine. */
function refuseIncomplete({ tls, nats, redis }: Readonly<Record<'tls' | 'nats' | 'redis', unknown>>): void {
  if (!isRecord(tls) || ![tls.cert, tls.key, tls.ca].every((path) => typeof path === 'string' && path !== ''))
    throw new TypeError('tls must hold the paths of cert, key and ca')
  if (!isRecord(nats)) throw new TypeError('nats must hold the options of a connection')
  if (redis === '' || (typeof redis !== 'string' && !isRecord(redis)))
    throw new TypeError('redis must be an address or a client of ioredis')
}

/** What the host does with a problem is none of ours: its own failure must not end a loop here. */
const quietly =
  (onProblem: ClientObserver['onProblem']) =>
  (problem: Problem): void => {
    try {
      onProblem?.(problem)
    } catch {
      // Told where it could be; there is nobody else to tell.
    }
  }
