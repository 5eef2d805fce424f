import type { Secret } from '@oms/domain'
import { drizzle } from 'drizzle-orm/postgres-js'
import { createConnections } from './connections.ts'
import { unavailable } from './database-error.ts'
import { createDb, type Db } from './db.ts'
import { createGuardedClient } from './guarded-client.ts'
import { type Listener, listenForEver, type PostgresLog } from './listen.ts'
import { readValuesWith } from './view-values.ts'

export type PostgresOptions = Readonly<{
  url: string
  /** Where LISTEN works, when `url` goes through a pooler in transaction mode. */
  directUrl?: string
  password?: Secret
  /** Connections for statements and transactions; readiness and LISTEN have one more each. */
  pool: number
  prepare: boolean
  applicationName: string
  log: PostgresLog
  /** Told the kind of statement that failed, other than by a conflict. */
  onError?: (operation: string) => void
  /** A caller waits no longer for an answer, the wait for a connection included. Milliseconds. */
  deadlineMs?: number
}>

export type Postgres = AsyncDisposable &
  Readonly<{
    db: Db
    /** Rejects with DEPENDENCY_UNAVAILABLE when PostgreSQL does not answer; never waits for the pool. */
    ping(signal: AbortSignal): Promise<void>
    /** Calls back on every notification, and once whenever it is listening again, for what it may have missed. */
    listen(channel: string, onNotify: () => void): Listener
  }>

const DEADLINE_MS = 3_000

/** Connects when first used and again whenever it must; never waits for the server to start. */
export function openPostgres(options: PostgresOptions): Postgres {
  const { url, directUrl = url, pool, onError = () => {}, deadlineMs = DEADLINE_MS } = options
  const shared = { ...options, deadlineMs, pooled: directUrl !== url }
  const connections = createConnections(shared)
  const client = createGuardedClient(connections)
  const serializable = drizzle(createGuardedClient(connections, 'isolation level serializable'))
  const probe = createConnections({ ...shared, pool: 1, applicationName: `${options.applicationName}-probe` })
  const probeClient = createGuardedClient(probe)
  const listeners = new Set<Listener>()

  return {
    db: createDb({ drizzle: drizzle(client), serializable, readValues: readValuesWith(client), pool }, onError),
    ping: async (signal) => {
      const aborted = Promise.withResolvers<never>()
      const abort = () => aborted.reject(signal.reason)
      signal.addEventListener('abort', abort, { once: true })
      try {
        signal.throwIfAborted()
        await Promise.race([probeClient.unsafe('select 1', [], { prepare: true }), aborted.promise])
      } catch (error) {
        throw unavailable(error)
      } finally {
        signal.removeEventListener('abort', abort)
      }
    },
    listen: (channel, onNotify) => {
      const listener = listenForEver({ ...shared, url: directUrl, pooled: false, pool: 1 }, channel, onNotify)
      listeners.add(listener)
      return listener
    },
    [Symbol.asyncDispose]: async () => {
      await Promise.all([connections, probe, ...listeners].map((open) => open[Symbol.asyncDispose]()))
    },
  }
}
