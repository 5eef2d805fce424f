import { type AuditEntry, microsOfDate, type OutboxEvent, type RecordedChange } from '@oms/domain'
import type { Tx } from './db.ts'
import { adminAuditLog, outbox } from './schema.ts'

/**
 * Writes history and events into the transaction that makes the change; both travel to the server at once. One INSERT
 * numbers its rows in their order: the change is published before what tells of its history.
 */
export async function writeRecord(tx: Tx, { audit, event, auditEvent }: RecordedChange): Promise<void> {
  await Promise.all([
    tx.insert(adminAuditLog).values(auditRow(audit)).prepare('insert_audit').execute(),
    tx.insert(outbox).values([event, auditEvent].map(outboxRow)).prepare('insert_outbox').execute(),
  ])
}

export const outboxRow = ({ eventId, operatorId, subject, payload, traceparent }: OutboxEvent) => ({
  eventId,
  operatorId,
  subject,
  payload,
  traceparent,
})

const auditRow = ({ resource, at, ...entry }: AuditEntry) => ({
  ...entry,
  at: microsOfDate(at),
  resourceType: resource.type,
  resourceId: resource.id,
})
