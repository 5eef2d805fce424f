import { type Static, Type } from '@sinclair/typebox'
import { BIND_TYPES } from './bind-type.ts'
import { OPERATOR_ID_PATTERN } from './operator-id.ts'
import { ENFORCEMENT_MODES } from './tps-limit.ts'

const Time = Type.String({
  description: 'ISO 8601 UTC with milliseconds',
  pattern: '^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{3}Z$',
})
const EventId = Type.String({ description: 'UUIDv4, also the Nats-Msg-Id', pattern: '^[0-9a-f-]{36}$' })
const Id = Type.String({ pattern: OPERATOR_ID_PATTERN })
const Version = Type.Integer({ minimum: 1, description: "The operator's config version after the change" })
const literals = <const T extends readonly string[]>(values: T) =>
  Type.Unsafe<T[number]>(Type.Union(values.map((value) => Type.Literal(value))))

const envelope = { schemaVersion: Type.Literal('1'), eventId: EventId, operatorId: Id, version: Version }
const closed = { additionalProperties: false }

export const OperatorConfigCreated = Type.Object(
  {
    ...envelope,
    name: Type.String(),
    host: Type.String(),
    port: Type.Integer(),
    systemId: Type.String(),
    systemType: Type.String(),
    bindType: literals(BIND_TYPES),
    tpsLimit: Type.Object(
      {
        maxTps: Type.Integer(),
        burstMultiplier: Type.Number(),
        burstWindowMs: Type.Integer(),
        enforcementMode: literals(ENFORCEMENT_MODES),
      },
      closed,
    ),
    status: Type.Literal('INACTIVE'),
    mnoId: Type.Union([Type.String(), Type.Null()]),
    credentialsVersion: Type.Integer({ minimum: 1 }),
    createdAt: Time,
    createdBy: Type.String(),
  },
  { $id: 'operator.config.created.v1', ...closed },
)
export type OperatorConfigCreated = Static<typeof OperatorConfigCreated>

export const OperatorConfigUpdated = Type.Object(
  {
    ...envelope,
    changedFields: Type.Array(Type.String(), {
      minItems: 1,
      uniqueItems: true,
      description: 'Dotted paths that really changed',
    }),
    previousValues: Type.Record(Type.String(), Type.Unknown(), { description: 'Keys are those of changedFields' }),
    newValues: Type.Record(Type.String(), Type.Unknown(), { description: 'Keys are those of changedFields' }),
    updatedAt: Time,
    updatedBy: Type.String(),
  },
  { $id: 'operator.config.updated.v1', ...closed },
)
export type OperatorConfigUpdated = Static<typeof OperatorConfigUpdated>

export const OperatorConfigDeleted = Type.Object(
  { ...envelope, deletedAt: Time, deletedBy: Type.String() },
  { $id: 'operator.config.deleted.v1', ...closed },
)
export type OperatorConfigDeleted = Static<typeof OperatorConfigDeleted>
