import type { AuditEntry, OutboxEvent, RecordedChange } from '@oms/domain'
import type { Tx } from './db.ts'
import { adminAuditLog, outbox } from './schema.ts'

/** Writes history and event into the transaction that makes the change; both travel to the server at once. */
export async function writeRecord(tx: Tx, { audit, event }: RecordedChange): Promise<void> {
  await Promise.all([
    tx.insert(adminAuditLog).values(auditRow(audit)).prepare('insert_audit').execute(),
    tx.insert(outbox).values(outboxRow(event)).prepare('insert_outbox').execute(),
  ])
}

export const outboxRow = ({ eventId, operatorId, subject, payload, traceparent }: OutboxEvent) => ({
  eventId,
  operatorId,
  subject,
  payload,
  traceparent,
})

const auditRow = ({ resource, ...entry }: AuditEntry) => ({
  ...entry,
  resourceType: resource.type,
  resourceId: resource.id,
})
