import { type Static, Type } from '@sinclair/typebox'
import { closed, envelope, literals, NullableText, Time } from '../outbox/event-parts.ts'
import { RoutingRulesInEvent } from '../routing/routing-rule-events.ts'
import { BIND_TYPES } from './bind-type.ts'
import { OPERATOR_STATUSES } from './status.ts'
import { ENFORCEMENT_MODES } from './tps-limit.ts'

const tpsLimitMembers = {
  maxTps: Type.Integer(),
  burstMultiplier: Type.Number(),
  burstWindowMs: Type.Integer(),
  enforcementMode: literals(ENFORCEMENT_MODES),
}
export const TpsLimitInEvent = Type.Object(tpsLimitMembers, closed)

const settings = {
  name: Type.String(),
  host: Type.String(),
  port: Type.Integer(),
  systemId: Type.String(),
  systemType: Type.String(),
  bindType: literals(BIND_TYPES),
}

export const OperatorConfigCreated = Type.Object(
  {
    ...envelope,
    ...settings,
    tpsLimit: TpsLimitInEvent,
    status: Type.Literal('INACTIVE'),
    mnoId: NullableText,
    credentialsVersion: Type.Integer({ minimum: 1 }),
    createdAt: Time,
    createdBy: Type.String(),
  },
  { $id: 'operator.config.created.v1', ...closed },
)
export type OperatorConfigCreated = Static<typeof OperatorConfigCreated>

/** Values by dotted path. Closed, so that nothing that has no place here, a secret above all, can be in an event. */
const values = (description: string) =>
  Type.Partial(
    Type.Object({
      ...settings,
      status: literals(OPERATOR_STATUSES),
      'tpsLimit.maxTps': tpsLimitMembers.maxTps,
      'tpsLimit.burstMultiplier': tpsLimitMembers.burstMultiplier,
      'tpsLimit.burstWindowMs': tpsLimitMembers.burstWindowMs,
      'tpsLimit.enforcementMode': tpsLimitMembers.enforcementMode,
      notes: NullableText,
      mnoId: NullableText,
      credentials: Type.Integer({ description: "The secret's version in Vault" }),
      routingRules: RoutingRulesInEvent,
    }),
    { ...closed, description },
  )

export const OperatorConfigUpdated = Type.Object(
  {
    ...envelope,
    changedFields: Type.Array(Type.String(), {
      minItems: 1,
      uniqueItems: true,
      description: 'Dotted paths that really changed',
    }),
    previousValues: values('Before; keys are those of changedFields'),
    newValues: values('After; keys are those of changedFields'),
    updatedAt: Time,
    updatedBy: Type.String(),
  },
  { $id: 'operator.config.updated.v1', ...closed },
)
export type OperatorConfigUpdated = Static<typeof OperatorConfigUpdated>

/** An operator as history shows it. */
export const OperatorInAudit = Type.Object(
  {
    ...settings,
    tpsLimit: TpsLimitInEvent,
    status: literals(OPERATOR_STATUSES),
    notes: NullableText,
    mnoId: NullableText,
    credentialsVersion: Type.Integer(),
    version: Type.Integer(),
    deletedAt: Type.Union([Time, Type.Null()]),
  },
  closed,
)

export const OperatorConfigDeleted = Type.Object(
  { ...envelope, deletedAt: Time, deletedBy: Type.String() },
  { $id: 'operator.config.deleted.v1', ...closed },
)
export type OperatorConfigDeleted = Static<typeof OperatorConfigDeleted>
