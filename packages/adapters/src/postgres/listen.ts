import { type ConnectionOptions, connect } from './connections.ts'
import { withoutParameters } from './database-error.ts'

export type PostgresLog = Readonly<{
  info(facts: object, message: string): void
  warn(facts: object, message: string): void
}>

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
  const stop = Promise.withResolvers<'stop'>()
  let stopped = false

  const once = async (): Promise<void> => {
    const lost = Promise.withResolvers<'lost'>()
    const sql = connect(options, { onclose: () => lost.resolve('lost'), onnotify: onNotify, max_lifetime: null })
    const answered = async (query: Promise<unknown>): Promise<void> => {
      const ended = Promise.race([stop.promise, lost.promise, pause(options.deadlineMs)])
      if ((await Promise.race([query.then(() => 'answered'), ended])) !== 'answered' && !stopped) throw lostConnection()
    }
    try {
      await answered(sql.unsafe(`listen "${channel.replaceAll('"', '""')}"`).execute())
      if (stopped) return
      log.info({ channel }, 'listening for notifications')
      onNotify()
      while (!stopped) {
        if ((await Promise.race([stop.promise, lost.promise, pause(HEARTBEAT_MS)])) === 'lost') throw lostConnection()
        if (!stopped) await answered(sql.unsafe('select 1').execute())
      }
    } finally {
      await sql.end({ timeout: 0 })
    }
  }
  const forEver = async (): Promise<void> => {
    while (!stopped) {
      await once().catch((error: unknown) => log.warn({ err: withoutParameters(error), channel }, 'not listening'))
      await Promise.race([stop.promise, pause(RETRY_MS)])
    }
  }
  const running = forEver()
  return {
    [Symbol.asyncDispose]: async () => {
      stopped = true
      stop.resolve('stop')
      await running
    },
  }
}

const lostConnection = (): Error => new Error('the listening connection was lost')

const pause = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, milliseconds).unref()
  })
