import type { AuditAction } from '../change/audit-entry.ts'
import type { ChangeContext } from '../change/change-context.ts'
import { type RecordedChange, recordChange } from '../change/recorded-change.ts'
import type { HealthTransition, OperatorHealth } from '../health/operator-health.ts'
import { unreported } from '../health/operator-health.ts'
import { isoOfMicros, type Micros, microsOfDate } from '../health/micros.ts'
import { host } from '../operator/host.ts'
import type { Operator, ProvisionalOperator } from '../operator/operator.ts'
import { isOperatorId, type OperatorId } from '../operator/operator-id.ts'
import { auditView } from '../operator/operator-diff.ts'
import { operatorName } from '../operator/operator-name.ts'
import { port } from '../operator/port.ts'
import { systemId } from '../operator/system-id.ts'
import { systemType } from '../operator/system-type.ts'
import { tpsLimit } from '../operator/tps-limit.ts'
import { checkedEvent } from '../outbox/event-schemas.ts'
import type { EventSubject, OutboxEvent } from '../outbox/outbox-event.ts'

export function newOperatorId(): OperatorId {
  const id: string = crypto.randomUUID()
  if (!isOperatorId(id)) throw new TypeError('a UUID is no operator id')
  return id
}

let samples = 0

/** An operator that collides with no other sample, unless `settings` make it. */
export function aProvisionalOperator(settings: Partial<ProvisionalOperator> = {}): ProvisionalOperator {
  samples += 1
  return {
    operatorId: newOperatorId(),
    name: operatorName(`Sample ${samples}`),
    host: host(`smsc-${samples}.example.net`),
    port: port(2775),
    systemId: systemId('sample'),
    systemType: systemType('SMPP'),
    bindType: 'TRANSCEIVER',
    tpsLimit: tpsLimit({ maxTps: 50, burstMultiplier: 1.25 }),
    status: 'INACTIVE',
    notes: null,
    mnoId: null,
    createdBy: 'amina',
    ...settings,
  }
}

const ACTIONS = {
  'operator.config.created.v1': 'operator.create',
  'operator.config.updated.v1': 'operator.update',
  'operator.config.deleted.v1': 'operator.delete',
} as const satisfies Partial<Record<EventSubject, AuditAction>>

/** The history and the events that would come with `operator` being what it is now. */
export function aRecordedChange(subject: keyof typeof ACTIONS, operator: Operator): RecordedChange {
  const { operatorId, version, updatedAt, updatedBy } = operator
  const eventId = crypto.randomUUID()
  const envelope = { schemaVersion: '1', eventId, operatorId, version }
  return recordChange(
    {
      operatorId,
      version,
      at: updatedAt,
      action: ACTIONS[subject],
      resource: { type: 'operator', id: operatorId },
      before: subject === 'operator.config.created.v1' ? null : auditView(operator),
      after: auditView(operator),
      event: { subject, payload: { ...envelope, ...configPayload(subject, operator) } },
    },
    { eventId, auditId: crypto.randomUUID(), context: aContext(updatedBy) },
  )
}

export const aContext = (actor = 'amina'): ChangeContext => ({
  actor,
  requestId: 'request-1',
  traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
  sourceAddress: '192.0.2.7',
})

export const aConfigEvent = (subject: keyof typeof ACTIONS, operator: Operator): OutboxEvent =>
  aRecordedChange(subject, operator).event

function configPayload(subject: keyof typeof ACTIONS, operator: Operator): Record<string, unknown> {
  if (subject === 'operator.config.deleted.v1') {
    return { deletedAt: operator.updatedAt.toISOString(), deletedBy: operator.updatedBy }
  }
  if (subject === 'operator.config.updated.v1') {
    const updated = { updatedAt: operator.updatedAt.toISOString(), updatedBy: operator.updatedBy }
    return {
      changedFields: ['host'],
      previousValues: { host: 'before' },
      newValues: { host: operator.host },
      ...updated,
    }
  }
  const { name, host, port, systemId, systemType, bindType, tpsLimit, mnoId, credentialsVersion, createdBy } = operator
  const settings = { name, host, port, systemId, systemType, bindType, tpsLimit, mnoId, credentialsVersion, createdBy }
  return { ...settings, status: 'INACTIVE', createdAt: operator.createdAt.toISOString() }
}

/** A state that was reported `secondsAgo` by this machine's clock. */
export function aHealth(operatorId: OperatorId, secondsAgo = 0, facts: Partial<OperatorHealth> = {}): OperatorHealth {
  const at = (microsOfDate(new Date()) - secondsAgo * 1_000_000) as Micros
  return {
    ...unreported(operatorId),
    state: 'HEALTHY',
    since: at,
    lastReceivedAt: at,
    lastStreamSequence: 1,
    lastSeenAt: at,
    errorRate: 0,
    bindState: 'BOUND',
    transitions: 1,
    ...facts,
  }
}

/** The transition that led from `previousState` to `health`, with its event. */
export function aHealthTransition(
  health: OperatorHealth,
  previousState: HealthTransition['previousState'],
): Readonly<{ transition: HealthTransition; event: OutboxEvent }> {
  const { operatorId, state: newState, bindError, transitions } = health
  const errorRate = health.errorRate ?? 0
  const at = health.since ?? microsOfDate(new Date())
  const bindState = health.bindState ?? 'BOUND'
  const transition = {
    operatorId,
    previousState,
    newState,
    errorRate,
    bindState,
    bindError,
    at,
    transition: transitions,
  }
  const eventId = crypto.randomUUID()
  const told = { operatorId, previousState, newState, errorRate, bindError, transition: transitions }
  const payload = { schemaVersion: '1', eventId, ...told, at: isoOfMicros(at) }
  return {
    transition,
    event: checkedEvent({ eventId, operatorId, subject: 'operator.health.v1', payload, traceparent: null }),
  }
}
