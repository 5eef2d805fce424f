import type { OperatorId } from '../operator/operator-id.ts'
import { checkedEvent } from '../outbox/event-schemas.ts'
import type { OutboxEvent } from '../outbox/outbox-event.ts'
import { type AuditAction, type AuditEntry, type AuditResource, auditEvent, type AuditView } from './audit-entry.ts'
import type { ChangeContext } from './change-context.ts'
import { traceIdOf } from './trace-id.ts'

/** What commits together with a change: its history, its event, and the event that tells of the history. */
export type RecordedChange = Readonly<{ audit: AuditEntry; event: OutboxEvent; auditEvent: OutboxEvent }>

/** What identifies a record. Both ids are new UUIDv4s, for `auditId` is the id of an event, too. */
export type Recording = Readonly<{ eventId: string; auditId: string; context: ChangeContext }>

export type ChangeFacts = Readonly<{
  operatorId: OperatorId
  /** The operator's config version after the change. */
  version: number
  at: Date
  action: AuditAction
  resource: AuditResource
  before: AuditView | null
  after: AuditView | null
  event: Pick<OutboxEvent, 'subject' | 'payload'>
}>

/** History and events of one change. */
export function recordChange(facts: ChangeFacts, { eventId, auditId, context }: Recording): RecordedChange {
  const { event, ...change } = facts
  const { actor, requestId, traceparent, sourceAddress } = context
  const audit = { ...change, auditId, actor, requestId, traceId: traceIdOf(traceparent), sourceAddress }
  const { operatorId } = facts
  return {
    audit,
    event: checkedEvent({ ...event, eventId, operatorId, traceparent }),
    auditEvent: checkedEvent({ ...auditEvent(audit), operatorId, traceparent }),
  }
}
