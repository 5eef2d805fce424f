import type { WriteLine } from '@oms/domain'
import { setTimeout as sleep } from 'node:timers/promises'
import type postgres from 'postgres'
import { type ConnectionOptions, connect } from './connections.ts'
import { withoutParameters } from './database-error.ts'

export type PostgresLog = Readonly<Record<'info' | 'warn', WriteLine>>

/** Listens until it is disposed. */
export type Listener = AsyncDisposable

const HEARTBEAT_MS = 5_000
const RETRY_MS = 500

/**
 * LISTEN on a connection of its own, taken up again after every loss. A heartbeat finds the losses that TCP hides.
 * The driver's own `listen` is not used: it tells neither of a loss nor of an answer that never comes.
 */
export function listenForEver(
  options: ConnectionOptions & Readonly<{ log: PostgresLog }>,
  channel: string,
  onNotify: () => void,
): Listener {
  const { log } = options
  const stopping = new AbortController()

  const once = async (): Promise<void> => {
    // Waits end with a signal, which forgets them: a promise that is raced against for weeks keeps every race.
    const ended = new AbortController()
    const end = () => ended.abort()
    stopping.signal.addEventListener('abort', end, { once: true })
    const sql = connect(options, { onclose: end, onnotify: onNotify, max_lifetime: null })
    const answered = async <T>(query: Promise<T>): Promise<T> => {
      const late = pause(options.deadlineMs, ended.signal).then(() => undefined)
      const answer = await Promise.race([query, late])
      if (answer === undefined) throw lostConnection()
      return answer
    }
    try {
      await answered(sql.unsafe(`listen "${channel.replaceAll('"', '""')}"`).execute())
      log.info({ channel }, 'listening for notifications')
      onNotify()
      if (await answered(isPooled(sql))) log.warn({ channel }, THROUGH_A_POOLER)
      for (;;) {
        await pause(HEARTBEAT_MS, ended.signal)
        if (ended.signal.aborted) throw lostConnection()
        await answered(sql.unsafe('select 1').execute())
      }
    } finally {
      stopping.signal.removeEventListener('abort', end)
      await sql.end({ timeout: 0 })
    }
  }
  const forEver = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      await once().catch((error: unknown) => {
        if (!stopping.signal.aborted) log.warn({ err: withoutParameters(error), channel }, 'not listening')
      })
      await pause(RETRY_MS, stopping.signal)
    }
  }
  const running = forEver()
  return {
    [Symbol.asyncDispose]: async () => {
      stopping.abort()
      await running
    },
  }
}

const THROUGH_A_POOLER =
  'a pooler answers in the place of PostgreSQL: in transaction mode it passes no notification on, so set DATABASE_DIRECT_URL'

/** A pooler invents the process that it names at start-up: it has no PostgreSQL yet, or shares it. */
async function isPooled(sql: postgres.Sql): Promise<boolean> {
  const rows = await sql.unsafe<{ pid: number }[]>('select pg_backend_pid() as pid')
  return rows[0]?.pid !== rows.state.pid
}

const lostConnection = (): Error => new Error('the listening connection was lost')

/** Not past an abort; never rejects. */
const pause = (milliseconds: number, signal: AbortSignal): Promise<void> =>
  sleep(milliseconds, undefined, { signal, ref: false }).catch(() => undefined)
