import type { TSchema } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'
import { AdminAudit } from '../change/audit-events.ts'
import { OperatorHealthChanged } from '../health/health-events.ts'
import { OperatorConfigCreated, OperatorConfigDeleted, OperatorConfigUpdated } from '../operator/operator-events.ts'
import type { EventSubject, OutboxEvent } from './outbox-event.ts'

/** The schema of each subject that the relay publishes. */
export const EVENT_SCHEMAS = {
  'operator.config.created.v1': OperatorConfigCreated,
  'operator.config.updated.v1': OperatorConfigUpdated,
  'operator.config.deleted.v1': OperatorConfigDeleted,
  'operator.health.v1': OperatorHealthChanged,
  'audit.admin.v1': AdminAudit,
} as const satisfies Record<EventSubject, TSchema>

/** `event` itself; throws when its payload does not match its subject's schema, which is a defect of ours. */
export function checkedEvent(event: OutboxEvent): OutboxEvent {
  const problem = Value.Errors(EVENT_SCHEMAS[event.subject], event.payload).First()
  if (problem !== undefined) throw new TypeError(`${event.subject} does not match its schema at ${problem.path || '/'}`)
  return event
}
