import { type EventPublisher, EventRefused, type EventSubject } from '@oms/domain'
import type { Nats } from './connection.ts'
import { publishJson } from './publish-json.ts'

export type PublishOutcome = Readonly<{
  event: 'created' | 'updated' | 'deleted' | 'health' | 'audit'
  result: 'ok' | 'error' | 'refused'
}>

const NAMES: Readonly<Record<EventSubject, PublishOutcome['event']>> = {
  'operator.config.created.v1': 'created',
  'operator.config.updated.v1': 'updated',
  'operator.config.deleted.v1': 'deleted',
  'operator.health.v1': 'health',
  'audit.admin.v1': 'audit',
}

const ACK_TIMEOUT_MS = 2_000

export function createEventPublisher(
  nats: Nats,
  onPublish: (outcome: PublishOutcome) => void = () => undefined,
): EventPublisher {
  return {
    async publish({ eventId, subject, payload, traceparent }) {
      const event = NAMES[subject]
      try {
        await publishJson(nats, { subject, messageId: eventId, payload, traceparent }, ACK_TIMEOUT_MS)
        onPublish({ event, result: 'ok' })
      } catch (error) {
        onPublish({ event, result: error instanceof EventRefused ? 'refused' : 'error' })
        throw error
      }
    },
  }
}
