import { setTimeout as sleep } from 'node:timers/promises'
import type { Secret } from '@oms/domain'
import postgres from 'postgres'
import { deadlineExceeded } from './database-error.ts'
import { createSlots, type Slots } from './slots.ts'

export type ConnectionOptions = Readonly<{
  url: string
  password?: Secret
  /** Connections at most. */
  pool: number
  /** Named prepared statements: false behind a PgBouncer in transaction mode that lacks support for them. */
  prepare: boolean
  applicationName: string
  /** After this long without an answer a caller is refused. Milliseconds. */
  deadlineMs: number
  /** A pooler refuses most parameters at start-up: the role's settings must hold the time-outs then. */
  pooled: boolean
}>

/** One pool of postgres.js, with as many slots as connections: nothing ever waits in the driver's own, endless queue. */
export type Generation = Readonly<{ sql: postgres.Sql; slots: Slots; born: number }>

/** How long a caller waits, and for what. */
export type Limit = Readonly<{ milliseconds: number; what: string }>

export type Connections = AsyncDisposable &
  Readonly<{
    deadlineMs: number
    current(): Generation
    /** `work` or DEADLINE_EXCEEDED; an answer that is long overdue, or a start-up without one, also ends its generation. */
    within<T>(generation: Generation, work: Promise<T>, limit: Limit): Promise<T>
  }>

const CONNECT_SECONDS = 2
/** Longer than a change that calls Vault four times may take. */
const IDLE_IN_TRANSACTION_MS = 20_000
const OVERDUE_MS = 1_000
const LEAST_LIFE_MS = 5_000
/** Whoever used it has ended by then; what is left waits for a server that does not answer. */
const CLOSE_MS = 1_000

/**
 * A pool that is replaced as a whole when it does not answer. The server ends every statement before its deadline, so an
 * overdue one means that the server is frozen or out of reach, or that the driver lost track of a connection; TCP alone
 * would notice after a quarter of an hour. What still runs in the old pool may finish there.
 */
export function createConnections(options: ConnectionOptions): Connections {
  const { deadlineMs, pool } = options
  const open = (): Generation => ({ sql: connect(options), slots: createSlots(pool), born: performance.now() })
  let current = open()
  let closed = false
  const retiring = new Set<Generation>()

  const retire = async (generation: Generation, patienceMs: number): Promise<void> => {
    await Promise.race([generation.slots.close(), sleep(patienceMs, undefined, { ref: false })])
    retiring.delete(generation)
    // Without patience of its own: the driver would wait for what it thinks a lost connection still owes.
    await generation.sql.end({ timeout: 0 })
  }
  const replace = (stale: Generation): void => {
    if (closed || stale !== current) return
    current = open()
    retiring.add(stale)
    void retire(stale, IDLE_IN_TRANSACTION_MS)
  }

  return {
    deadlineMs,
    current: () => current,
    within: (generation, work, { milliseconds, what }) =>
      new Promise((resolve, reject) => {
        const tooLate = () => {
          reject(deadlineExceeded(what))
          timer = setTimeout(() => replace(generation), OVERDUE_MS)
        }
        let timer = setTimeout(tooLate, Math.max(milliseconds, 0))
        work.then(
          (value) => {
            clearTimeout(timer)
            resolve(value)
          },
          (error: unknown) => {
            clearTimeout(timer)
            if (isConnectTimeout(error) && performance.now() - generation.born > LEAST_LIFE_MS) replace(generation)
            // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- whatever the driver rejected with
            reject(error)
          },
        )
      }),
    [Symbol.asyncDispose]: async () => {
      closed = true
      await Promise.all([current, ...retiring].map((generation) => retire(generation, CLOSE_MS)))
    },
  }
}

const isConnectTimeout = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === 'CONNECT_TIMEOUT'

/** For LISTEN: a connection that is not renewed for its age, and who is told of its end and of notifications. */
type Listening = Readonly<{ onclose: () => void; onnotify: () => void; max_lifetime: null }>

const asIs = (value: string): string => value
/** Times and JSON as text, as drizzle wants them; it would tell only the first of our clients so. */
const RAW_TYPES = {
  times: { to: 1184, from: [1184, 1114, 1082, 1083], parse: asIs, serialize: asIs },
  json: { to: 114, from: [114], parse: JSON.parse, serialize: asIs },
  jsonb: { to: 3802, from: [3802], parse: JSON.parse, serialize: asIs },
}

/** A raw postgres.js client with our time-outs. */
export function connect(options: ConnectionOptions, listening?: Listening): postgres.Sql {
  const { url, password, pool, prepare, applicationName, deadlineMs, pooled } = options
  const timeouts = {
    statement_timeout: deadlineMs - 500,
    lock_timeout: deadlineMs - 1_000,
    idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_MS,
  }
  return postgres(url, {
    max: pool,
    prepare,
    connect_timeout: CONNECT_SECONDS,
    keep_alive: 10,
    // Soon back once the server is: the default grows to 20 s.
    backoff: (attempt) => Math.min(0.05 * 2 ** attempt, 0.5) * (0.5 + Math.random() / 2),
    fetch_types: false,
    onnotice: () => {},
    types: RAW_TYPES,
    ...listening,
    ...(password === undefined ? {} : { password: password.reveal() }),
    connection: { application_name: applicationName, TimeZone: 'UTC', ...(pooled ? {} : timeouts) },
  })
}
