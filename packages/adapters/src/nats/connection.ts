import { connect, Events, type NatsConnection } from 'nats'
import { connectOptions, type NatsAddress } from './connect-options.ts'
import { natsUnavailable } from './errors.ts'
import { backoffMs, pause, within } from './pause.ts'

export type NatsState = 'connecting' | 'connected' | 'disconnected' | 'closed'

/** `error` tells of failed attempts and of what the server complains about; the connection goes on by itself. */
export type NatsEvent =
  | Readonly<{ type: 'connected' | 'disconnected'; server: string }>
  | Readonly<{ type: 'error'; error: unknown }>

/** One stretch of being connected; `lost` aborts at its end. */
export type Live = Readonly<{ connection: NatsConnection; lost: AbortSignal }>

export interface Nats extends AsyncDisposable {
  state(): NatsState
  /** One round trip. Rejects with DEPENDENCY_UNAVAILABLE, at once while disconnected. */
  ping(signal?: AbortSignal): Promise<void>
  /** For requests that must not wait in the client's buffer: throws DEPENDENCY_UNAVAILABLE while disconnected. */
  connection(): NatsConnection
  /** Waits for a connection; undefined when `signal` aborts first. */
  connected(signal: AbortSignal): Promise<Live | undefined>
}

const DRAIN_LIMIT_MS = 3_000
const PING_LIMIT_MS = 2_000

/** Connects in the background and for ever; returns at once. */
export function openNats(address: NatsAddress, onEvent: (event: NatsEvent) => void = () => undefined): Nats {
  const closing = new AbortController()
  const waiting = new Set<() => void>()
  let state: NatsState = 'connecting'
  let current: NatsConnection | undefined
  let live: (Live & { end(): void }) | undefined

  function enter(connection: NatsConnection): void {
    const stretch = new AbortController()
    live = { connection, lost: stretch.signal, end: () => stretch.abort() }
    state = 'connected'
    onEvent({ type: 'connected', server: connection.getServer() })
    for (const resume of waiting) resume()
  }

  function leave(): void {
    if (live === undefined) return
    const { connection, end } = live
    live = undefined
    if (state !== 'closed') state = 'disconnected'
    end()
    onEvent({ type: 'disconnected', server: connection.getServer() })
  }

  async function follow(connection: NatsConnection): Promise<void> {
    for await (const { type, data } of connection.status()) {
      if (type === Events.Disconnect) leave()
      if (type === Events.Reconnect && live === undefined) enter(connection)
      if (type === Events.Error) onEvent({ type: 'error', error: data })
    }
  }

  /** Until the client closes for good, which it should never do by itself, but a bad credentials file makes it. */
  async function watch(connection: NatsConnection): Promise<void> {
    enter(connection)
    // Not awaited: the client leaves its status iterators open when it closes.
    follow(connection).catch((error: unknown) => onEvent({ type: 'error', error }))
    const reason = await connection.closed()
    leave()
    if (reason instanceof Error && !closing.signal.aborted) onEvent({ type: 'error', error: reason })
  }

  // Not `waitOnFirstConnect`: its promise cannot be abandoned, so a process could not shut down before NATS came up.
  async function keepOpen(): Promise<void> {
    for (let failures = 0; !closing.signal.aborted; failures += 1) {
      try {
        current = await connect(connectOptions(address))
        if (closing.signal.aborted) return await current.close()
        failures = 0
        await watch(current)
      } catch (error) {
        onEvent({ type: 'error', error })
      }
      await pause(backoffMs(failures + 1, 250, 2_000), closing.signal)
    }
  }

  const keeping = keepOpen()

  function connection(): NatsConnection {
    if (live === undefined) throw natsUnavailable()
    return live.connection
  }

  return {
    state: () => state,
    connection,

    async ping(signal) {
      const pong = connection()
        .flush()
        .then(() => true)
      const answered = await within(PING_LIMIT_MS, pong, signal).catch((error: unknown) => {
        throw natsUnavailable(error)
      })
      if (!answered) throw natsUnavailable()
    },

    async connected(signal) {
      while (live === undefined && !signal.aborted && state !== 'closed') {
        await new Promise<void>((resume) => {
          const settle = () => {
            waiting.delete(settle)
            signal.removeEventListener('abort', settle)
            resume()
          }
          waiting.add(settle)
          signal.addEventListener('abort', settle)
        })
      }
      return signal.aborted ? undefined : live
    },

    async [Symbol.asyncDispose]() {
      if (state === 'closed') return
      const deadline = performance.now() + DRAIN_LIMIT_MS
      const drained = live?.connection.drain().catch(() => undefined)
      state = 'closed'
      closing.abort()
      for (const resume of waiting) resume()
      if (drained !== undefined) await within(DRAIN_LIMIT_MS, drained)
      await current?.close()
      // A first attempt still under way ends by its own timeout and closes what it opened.
      await within(Math.max(0, deadline - performance.now()), keeping)
    },
  }
}
