import type { OperatorId } from '../operator/operator-id.ts'
import { EventRefused, type EventPublisher } from './event-publisher.ts'
import type { Outbox, PendingEvent } from './outbox.ts'

export type EventRelayPorts = Readonly<{
  outbox: Pick<Outbox, 'pending' | 'markPublished' | 'park'>
  publisher: EventPublisher
  /** Monotonic. */
  elapsedMs: () => number
}>

export type EventRelayOptions = Readonly<{
  /** Events of an operator were stored or refused: time for another pass. */
  onProgress?: () => void
  onPublished?: (event: PendingEvent) => void
  onParked?: (event: PendingEvent, reason: string) => void
  /** Not now: the operator's events rest a while. */
  onFailure?: (error: unknown, event: PendingEvent) => void
  maxInFlight?: number
  /** Rows that are read at once. */
  window?: number
}>

export interface EventRelay {
  /**
   * Marks what the stream stored and parks what it refused since the last pass, then publishes what can go. Does not wait
   * for it, so that a slow event holds up no other operator. One pass at a time. Rejects as the outbox does; nothing is
   * lost by that.
   */
  pass(): Promise<void>
  /** Starts nothing more; resolves when what was in flight is settled and marked. */
  close(): Promise<void>
}

const MOST_ROWS = 16_384
const FIRST_REST_MS = 100
const LONGEST_REST_MS = 2_000

/**
 * Publishes the outbox: each operator's events one after the other in their order, no order between operators. An event
 * that fails is tried again before any later one of its operator. Publishing twice is harmless: the event id tells.
 */
export function createEventRelay(ports: EventRelayPorts, options: EventRelayOptions = {}): EventRelay {
  const { outbox, publisher, elapsedMs } = ports
  const { onProgress, onPublished, onParked, onFailure, maxInFlight = 256, window: smallest = 2_048 } = options
  const chains = new Map<OperatorId, Promise<void>>()
  /** What was read last and waits for room, of operators that have nothing in flight: publishing goes on between reads. */
  const ready = new Map<OperatorId, readonly PendingEvent[]>()
  const resting = new Map<OperatorId, Readonly<{ failures: number; until: number }>>()
  const stored = new Set<string>()
  const refused = new Map<string, Readonly<{ event: PendingEvent; reason: string }>>()
  let window = smallest
  let closed = false

  async function settle(): Promise<void> {
    const positions = [...stored]
    if (positions.length > 0) await outbox.markPublished(positions)
    for (const position of positions) stored.delete(position)
    for (const [position, { event, reason }] of [...refused]) {
      await outbox.park(position, reason)
      refused.delete(position)
      onParked?.(event, reason)
    }
  }

  async function publish(event: PendingEvent): Promise<boolean> {
    const { operatorId, position } = event
    try {
      await publisher.publish(event)
      stored.add(position)
      onPublished?.(event)
    } catch (error) {
      if (!(error instanceof EventRefused)) {
        const failures = (resting.get(operatorId)?.failures ?? 0) + 1
        const restMs = Math.min(LONGEST_REST_MS, FIRST_REST_MS * 2 ** Math.min(failures - 1, 10))
        resting.set(operatorId, { failures, until: elapsedMs() + restMs })
        // The stream may be away: then all of them would fail at once.
        ready.clear()
        onFailure?.(error, event)
        return false
      }
      refused.set(position, { event, reason: error.message })
    }
    resting.delete(operatorId)
    return true
  }

  async function chain(operatorId: OperatorId, events: readonly PendingEvent[]): Promise<void> {
    let settled = 0
    for (const event of events) {
      if (closed || !(await publish(event))) break
      settled += 1
    }
    chains.delete(operatorId)
    startReady()
    // A failure alone is no reason for a pass at once, and a mark costs less the more it marks.
    if (settled > 0 && (!hasPlenty() || stored.size >= maxInFlight)) onProgress?.()
  }

  function startReady(): void {
    for (const [operatorId, events] of ready) {
      if (closed || chains.size >= maxInFlight) return
      ready.delete(operatorId)
      chains.set(operatorId, chain(operatorId, events))
    }
  }

  /** Enough to go on with until the next rows are there. */
  const hasPlenty = (): boolean => ready.size >= maxInFlight

  const canGo = (operatorId: OperatorId): boolean =>
    !chains.has(operatorId) && (resting.get(operatorId)?.until ?? 0) <= elapsedMs()

  return {
    async pass() {
      await settle()
      if (hasPlenty()) return
      const rows = await outbox.pending(window)
      if (closed) return
      const waiting = Map.groupBy(
        rows.filter(({ position }) => !stored.has(position) && !refused.has(position)),
        ({ operatorId }) => operatorId,
      )
      ready.clear()
      for (const [operatorId, events] of waiting) if (canGo(operatorId)) ready.set(operatorId, events)
      const canStart = ready.size > 0
      startReady()
      // Rows of operators that cannot go on must not hide those of others behind them.
      if (rows.length < window) window = smallest
      else if (!canStart) window = Math.min(window * 2, MOST_ROWS)
    },

    async close() {
      closed = true
      await Promise.all(chains.values())
      await settle()
    },
  }
}
