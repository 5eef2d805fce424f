import type { OperatorId } from '../operator/operator-id.ts'
import type { OutboxEvent } from '../outbox/outbox-event.ts'
import { boundedRules } from '../routing/routing-rule-values.ts'
import type { AdminAudit } from './audit-events.ts'

export const AUDIT_ACTIONS = [
  'operator.create',
  'operator.update',
  'operator.delete',
  'tps-limit.update',
  'routing-rule.create',
  'routing-rule.update',
  'routing-rule.delete',
  'routing-rules.create',
] as const
export type AuditAction = (typeof AUDIT_ACTIONS)[number]

export const AUDIT_RESOURCES = ['operator', 'tps-limit', 'routing-rule', 'routing-rules'] as const
export type AuditResource = Readonly<{ type: (typeof AUDIT_RESOURCES)[number]; id: string }>

/** One side of a change. It holds no secret. */
export type AuditView = Readonly<Record<string, unknown>>

/** One line of history; `before` and `after` are null where there is no such side. */
export type AuditEntry = Readonly<{
  auditId: string
  at: Date
  actor: string
  action: AuditAction
  operatorId: OperatorId
  resource: AuditResource
  /** The operator's config version after the change. */
  version: number
  before: AuditView | null
  after: AuditView | null
  requestId: string | null
  traceId: string | null
  sourceAddress: string | null
}>

/** `audit.admin.v1` of an entry, its `eventId` the entry's own: a long list of rules is told by its number. */
export function auditEvent(entry: AuditEntry): Pick<OutboxEvent, 'eventId' | 'subject' | 'payload'> {
  const { auditId, at, before, after, ...rest } = entry
  const payload = {
    schemaVersion: '1',
    eventId: auditId,
    at: at.toISOString(),
    ...rest,
    before: before && boundedView(before),
    after: after && boundedView(after),
  } satisfies Record<keyof AdminAudit, unknown>
  return { eventId: auditId, subject: 'audit.admin.v1', payload }
}

/** A long list of rules in it told by its number. */
export const boundedView = (view: AuditView): AuditView =>
  Array.isArray(view.routingRules) ? { routingRules: boundedRules(view.routingRules) } : view
