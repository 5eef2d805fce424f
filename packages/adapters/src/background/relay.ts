import { createEventRelay, type EventPublisher, type Outbox, type OutboxBacklog, type PendingEvent } from '@oms/domain'
import { createBell } from './bell.ts'
import { every } from './every.ts'
import { pause } from './pause.ts'

export type RelayOptions = Readonly<{
  outbox: Outbox
  publisher: EventPublisher
  /** False while NATS is away: then nothing is tried, nothing fails. */
  canPublish?: () => boolean
  /** Wakes at each commit anywhere (NOTIFY); open only while this relay runs. */
  subscribe?: (wake: () => void) => AsyncDisposable
  /** `latencySeconds` from commit to PubAck, across the clocks of PostgreSQL and this machine. */
  onPublished?: (event: PendingEvent, latencySeconds: number) => void
  onParked?: (event: PendingEvent, reason: string) => void
  onBacklog?: (backlog: OutboxBacklog) => void
  onError: (error: unknown) => void
  pollMs?: number
}>

export interface Relay {
  /** Something was committed in this process. Costs nothing while another replica relays. */
  wake(): void
  /** Relays until `signal` aborts; then finishes what is in flight. To be run under the relay lease. Never rejects. */
  run(signal: AbortSignal): Promise<void>
}

const LONGEST_WAIT_MS = 2_000
const BACKLOG_EVERY_MS = 5_000
const PRUNE_EVERY_MS = 3_600_000
/** Until then a published event can be replayed. */
const KEPT_DAYS = 14

export function createRelay(options: RelayOptions): Relay {
  const { outbox, publisher, canPublish = () => true, subscribe, onPublished, onBacklog, onError } = options
  const { pollMs = 200 } = options
  const bell = createBell()

  async function relay(signal: AbortSignal): Promise<void> {
    const events = createEventRelay(
      { outbox, publisher, elapsedMs: () => performance.now() },
      {
        onProgress: bell.ring,
        onPublished: (event) => onPublished?.(event, (Date.now() - event.committedAt.getTime()) / 1_000),
        onFailure: onError,
        ...(options.onParked === undefined ? {} : { onParked: options.onParked }),
      },
    )
    signal.addEventListener('abort', bell.ring, { once: true })
    let failures = 0
    while (!signal.aborted) {
      // Before the pass: what is committed during it may have come too late for its read.
      bell.still()
      try {
        if (canPublish()) await events.pass()
        failures = 0
      } catch (error) {
        failures += 1
        onError(error)
      }
      const waitMs = Math.min(LONGEST_WAIT_MS, pollMs * 2 ** Math.min(failures, 10))
      if (signal.aborted) break
      await (failures > 0 ? pause(waitMs, signal) : bell.heard(waitMs))
    }
    await events.close().catch(onError)
  }

  return {
    wake: bell.ring,
    async run(signal) {
      const subscription = subscribe?.(bell.ring)
      const supervised = { signal, onError }
      await Promise.all([
        relay(signal),
        every(BACKLOG_EVERY_MS, async () => onBacklog?.(await outbox.backlog()), supervised),
        every(PRUNE_EVERY_MS, () => outbox.prune(KEPT_DAYS), supervised),
      ])
      await subscription?.[Symbol.asyncDispose]()
    },
  }
}
