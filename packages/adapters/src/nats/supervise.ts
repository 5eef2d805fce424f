import type { NatsConnection } from 'nats'
import type { Nats } from './connection.ts'
import { backoffMs, pause } from './pause.ts'

/** `session` gets a live connection and a signal that aborts when that is lost or the work is over. */
export type Session = (connection: NatsConnection, signal: AbortSignal) => Promise<void>

const LONG_ENOUGH_MS = 10_000

/**
 * Runs `session` on each connection, again after each end, until `signal` aborts. What it rejects with is reported and
 * tried anew with growing pauses; nothing escapes.
 */
export async function supervise(
  nats: Nats,
  session: Session,
  { signal, onError }: Readonly<{ signal: AbortSignal; onError: (error: unknown) => void }>,
): Promise<void> {
  let failures = 0
  while (!signal.aborted) {
    const live = await nats.connected(signal)
    if (live === undefined) return
    const over = AbortSignal.any([signal, live.lost])
    const begun = performance.now()
    try {
      await session(live.connection, over)
      failures = 0
    } catch (error) {
      failures = performance.now() - begun > LONG_ENOUGH_MS ? 1 : failures + 1
      // What breaks because the connection went is no news: its loss was told.
      if (!over.aborted) onError(error)
    }
    if (!over.aborted) await pause(backoffMs(Math.max(failures, 1), 250, 5_000), over)
  }
}
