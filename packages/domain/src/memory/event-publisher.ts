import { EventRefused, type EventPublisher } from '../outbox/event-publisher.ts'
import type { OutboxEvent } from '../outbox/outbox-event.ts'

export type PublishedEvent = Pick<OutboxEvent, 'eventId' | 'subject' | 'payload' | 'traceparent'>

/** nats-server's default `max_payload`. */
const MAX_PAYLOAD_BYTES = 1_048_576

/** `published` is what the stream holds, in its order; it never forgets an event id. */
export function memoryEventPublisher(): EventPublisher & Readonly<{ published: readonly PublishedEvent[] }> {
  const published: PublishedEvent[] = []
  return {
    published,
    publish: async ({ eventId, subject, payload, traceparent }) => {
      if (new TextEncoder().encode(JSON.stringify(payload)).length > MAX_PAYLOAD_BYTES) {
        throw new EventRefused('the payload is too large for the stream')
      }
      if (published.some((event) => event.eventId === eventId)) return
      published.push({ eventId, subject, payload, traceparent })
    },
  }
}
