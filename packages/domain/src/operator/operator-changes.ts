import type { ChangeContext } from '../change/change-context.ts'
import type { AuditAction, RecordedChange } from '../change/recorded-change.ts'
import { traceIdOf } from '../change/trace-id.ts'
import { checkedEvent } from '../outbox/event-schemas.ts'
import type { EventSubject } from '../outbox/outbox-event.ts'
import type { Operator } from './operator.ts'
import { auditView, diffOperators } from './operator-diff.ts'
import type { OperatorConfigCreated, OperatorConfigDeleted, OperatorConfigUpdated } from './operator-events.ts'

type Recording = Readonly<{ eventId: string; context: ChangeContext }>

/** History and `operator.config.created.v1` of a new operator. */
export function recordedCreate(operator: Operator, { eventId, context }: Recording): RecordedChange {
  const payload: OperatorConfigCreated = {
    ...envelope(operator, eventId),
    name: operator.name,
    host: operator.host,
    port: operator.port,
    systemId: operator.systemId,
    systemType: operator.systemType,
    bindType: operator.bindType,
    tpsLimit: operator.tpsLimit,
    status: 'INACTIVE',
    mnoId: operator.mnoId,
    credentialsVersion: operator.credentialsVersion,
    createdAt: operator.createdAt.toISOString(),
    createdBy: operator.createdBy,
  }
  return recorded('operator.create', 'operator.config.created.v1', { before: null, after: operator, payload, context })
}

/** History and `operator.config.updated.v1` of a change from `before` to `after`; `rotated` when the secret was written. */
export function recordedUpdate(
  before: Operator,
  after: Operator,
  { eventId, context, rotated }: Recording & Readonly<{ rotated: boolean }>,
): RecordedChange {
  const diff = diffOperators(before, after, rotated)
  const payload: OperatorConfigUpdated = {
    ...envelope(after, eventId),
    changedFields: [...diff.changedFields],
    previousValues: { ...diff.previousValues },
    newValues: { ...diff.newValues },
    updatedAt: after.updatedAt.toISOString(),
    updatedBy: after.updatedBy,
  }
  return recorded('operator.update', 'operator.config.updated.v1', { before, after, payload, context })
}

/** History and `operator.config.deleted.v1` of a soft delete. */
export function recordedDelete(before: Operator, after: Operator, { eventId, context }: Recording): RecordedChange {
  const payload: OperatorConfigDeleted = {
    ...envelope(after, eventId),
    deletedAt: after.updatedAt.toISOString(),
    deletedBy: after.updatedBy,
  }
  return recorded('operator.delete', 'operator.config.deleted.v1', { before, after, payload, context })
}

const envelope = (operator: Operator, eventId: string) =>
  ({ schemaVersion: '1', eventId, operatorId: operator.operatorId, version: operator.version }) as const

function recorded(
  action: AuditAction,
  subject: EventSubject,
  facts: Readonly<{
    before: Operator | null
    after: Operator
    payload: OperatorConfigCreated | OperatorConfigUpdated | OperatorConfigDeleted
    context: ChangeContext
  }>,
): RecordedChange {
  const { before, after, payload, context } = facts
  const { operatorId, version } = after
  return {
    audit: {
      actor: context.actor,
      action,
      operatorId,
      resource: { type: 'operator', id: operatorId },
      version,
      before: before === null ? null : auditView(before),
      after: auditView(after),
      requestId: context.requestId,
      traceId: traceIdOf(context.traceparent),
      sourceAddress: context.sourceAddress,
    },
    event: checkedEvent({ eventId: payload.eventId, operatorId, subject, payload, traceparent: context.traceparent }),
  }
}
