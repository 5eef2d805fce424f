import { connect, type ConnectionOptions, type NatsConnection } from 'nats'
import type { Problem } from './observer.ts'
import { watchSockets } from './socket-watch.ts'
import type { Timing } from './timing.ts'

export type OpenedNats = Readonly<{
  /** The first connection, which then lasts: the library reconnects by itself. Pending for ever when closed before. */
  connection: Promise<NatsConnection>
  close(): Promise<void>
}>

/** Connects in the background, for as long as it takes. */
export function openNats(
  options: ConnectionOptions,
  { timing, onProblem }: Readonly<{ timing: Timing; onProblem: (problem: Problem) => void }>,
): OpenedNats {
  const timeout = options.timeout ?? timing.requestTimeout
  const sockets = watchSockets(timeout)
  let closed = false
  let current: NatsConnection | undefined
  let waiting: NodeJS.Timeout | undefined
  let attempting = Promise.resolve()

  // Not the library's `waitOnFirstConnect`: its promise cannot be abandoned, so that a host could not end before NATS is up.
  const connection = new Promise<NatsConnection>((resolve) => {
    async function attempt(failures: number): Promise<void> {
      try {
        const opened = await connect({
          name: 'operator-client',
          reconnectTimeWait: 250,
          // A peer that vanished without a FIN is noticed within 15 s instead of the default 6 min.
          pingInterval: 5_000,
          maxPingOut: 2,
          ...options,
          timeout,
          // After the first connect the library never gives up, not even on a refused login: credentials rotate.
          reconnect: true,
          maxReconnectAttempts: -1,
          ignoreAuthErrorAbort: true,
        })
        if (closed) return await opened.close()
        current = opened
        resolve(opened)
      } catch (error) {
        if (closed) return
        if (failures === 0) onProblem({ source: 'nats', message: 'no connection yet; trying again', error })
        const delay = Math.min(timing.retryFirst * 2 ** failures, timing.retryMost)
        waiting = setTimeout(() => {
          attempting = attempt(failures + 1)
        }, delay)
      }
    }
    attempting = sockets.run(() => attempt(0))
  })

  return {
    connection,
    async close() {
      closed = true
      clearTimeout(waiting)
      await current?.close()
      sockets.close(attempting)
    },
  }
}
