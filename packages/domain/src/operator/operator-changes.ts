import { type RecordedChange, recordChange, type Recording } from '../change/recorded-change.ts'
import type { Operator } from './operator.ts'
import { auditView, diffOperators, type OperatorDiff } from './operator-diff.ts'
import type { OperatorConfigCreated, OperatorConfigDeleted } from './operator-events.ts'

/** History and `operator.config.created.v1` of a new operator. */
export function recordedCreate(operator: Operator, recording: Recording): RecordedChange {
  const payload: OperatorConfigCreated = {
    ...envelope(operator, recording.eventId),
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
  return recordChange(
    {
      ...of(operator),
      action: 'operator.create',
      resource: resourceOf(operator),
      before: null,
      after: auditView(operator),
      event: { subject: 'operator.config.created.v1', payload },
    },
    recording,
  )
}

/** History and `operator.config.updated.v1` of a change from `before` to `after`; `rotated` when the secret was written. */
export const recordedUpdate = (
  before: Operator,
  after: Operator,
  { rotated, ...recording }: Recording & Readonly<{ rotated: boolean }>,
): RecordedChange =>
  recordChange(
    {
      ...of(after),
      action: 'operator.update',
      resource: resourceOf(after),
      before: auditView(before),
      after: auditView(after),
      event: {
        subject: 'operator.config.updated.v1',
        payload: updatedPayload(after, diffOperators(before, after, rotated), recording),
      },
    },
    recording,
  )

/** History and `operator.config.deleted.v1` of a soft delete. */
export function recordedDelete(before: Operator, after: Operator, recording: Recording): RecordedChange {
  const payload: OperatorConfigDeleted = {
    ...envelope(after, recording.eventId),
    deletedAt: after.updatedAt.toISOString(),
    deletedBy: after.updatedBy,
  }
  return recordChange(
    {
      ...of(after),
      action: 'operator.delete',
      resource: resourceOf(after),
      before: auditView(before),
      after: auditView(after),
      event: { subject: 'operator.config.deleted.v1', payload },
    },
    recording,
  )
}

/** History and `operator.config.updated.v1` of a change of the TPS limit alone. */
export function recordedTpsLimit(before: Operator, after: Operator, recording: Recording): RecordedChange {
  return recordChange(
    {
      ...of(after),
      action: 'tps-limit.update',
      resource: { type: 'tps-limit', id: after.operatorId },
      before: before.tpsLimit,
      after: after.tpsLimit,
      event: {
        subject: 'operator.config.updated.v1',
        payload: updatedPayload(after, diffOperators(before, after), recording),
      },
    },
    recording,
  )
}

/** `operator.config.updated.v1`. */
export const updatedPayload = (
  after: Operator,
  { changedFields, previousValues, newValues }: OperatorDiff,
  { eventId }: Pick<Recording, 'eventId'>,
): Readonly<Record<string, unknown>> => ({
  ...envelope(after, eventId),
  changedFields,
  previousValues,
  newValues,
  updatedAt: after.updatedAt.toISOString(),
  updatedBy: after.updatedBy,
})

const envelope = (operator: Operator, eventId: string) =>
  ({ schemaVersion: '1', eventId, operatorId: operator.operatorId, version: operator.version }) as const

/** Where and when a change that ended in `operator` happened. */
const of = (operator: Operator) => ({
  operatorId: operator.operatorId,
  version: operator.version,
  at: operator.updatedAt,
})

const resourceOf = (operator: Operator) => ({ type: 'operator', id: operator.operatorId }) as const
