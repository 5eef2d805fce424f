import type { OperatorId } from '../operator/operator-id.ts'

/** Subjects that the relay publishes. */
export type EventSubject =
  | 'operator.config.created.v1'
  | 'operator.config.updated.v1'
  | 'operator.config.deleted.v1'
  | 'operator.health.v1'
  | 'audit.admin.v1'

/** An event as it is committed with its change; its payload already matches the subject's schema. */
export type OutboxEvent = Readonly<{
  /** UUIDv4, the `Nats-Msg-Id`. */
  eventId: string
  operatorId: OperatorId
  subject: EventSubject
  payload: Readonly<Record<string, unknown>>
  traceparent: string | null
}>
