import type { OutboxEvent } from './outbox-event.ts'

/** The stream will never take this event (too large, no stream for its subject by configuration). */
export class EventRefused extends Error {
  override readonly name = 'EventRefused'
}

export interface EventPublisher {
  /**
   * Resolves once the stream has stored the event; publishing the same `eventId` again within the duplicate window
   * stores it once. Rejects with EventRefused for good, with DEPENDENCY_UNAVAILABLE for now.
   */
  publish(event: Pick<OutboxEvent, 'eventId' | 'subject' | 'payload' | 'traceparent'>): Promise<void>
}
