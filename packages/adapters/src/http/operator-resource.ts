import {
  BIND_TYPES,
  ENFORCEMENT_MODES,
  HEALTH_STATES,
  OPERATOR_STATUSES,
  type OperatorView,
  type Warning,
} from '@oms/domain'
import { type Static, type TSchema, Type } from '@sinclair/typebox'
import { choice, nullableText } from './schema-parts.ts'

const Time = Type.String({ format: 'date-time', description: 'ISO 8601 UTC with milliseconds' })

export const TpsLimitResource = Type.Object(
  {
    maxTps: Type.Integer({ description: 'Segments (submit_sm PDUs) per second' }),
    burstMultiplier: Type.Number(),
    burstWindowMs: Type.Integer(),
    enforcementMode: choice(ENFORCEMENT_MODES),
  },
  { title: 'TpsLimit' },
)

/** An operator as both APIs show it. There is no password in it, ever. */
export const OperatorResource = Type.Object(
  {
    operatorId: Type.String(),
    name: Type.String(),
    host: Type.String(),
    port: Type.Integer(),
    systemId: Type.String(),
    systemType: Type.String(),
    bindType: choice(BIND_TYPES),
    tpsLimit: TpsLimitResource,
    status: choice(OPERATOR_STATUSES),
    healthState: choice(HEALTH_STATES),
    healthStale: Type.Boolean({ description: 'No report for 60 s: the state is UNKNOWN, whatever it was' }),
    notes: nullableText,
    mnoId: nullableText,
    credentialsVersion: Type.Integer(),
    version: Type.Integer({ description: 'Config version, also the ETag' }),
    createdAt: Time,
    createdBy: Type.String(),
    updatedAt: Time,
    updatedBy: Type.String(),
    deletedAt: Type.Optional(Time),
    warnings: Type.Optional(
      Type.Array(Type.Object({ code: Type.String(), path: Type.String(), message: Type.String() })),
    ),
  },
  { title: 'Operator' },
)
export type OperatorResource = Static<typeof OperatorResource>

export function toOperatorResource(view: OperatorView, warnings: readonly Warning[] = []): OperatorResource {
  const { operator, healthState, healthStale } = view
  return {
    operatorId: operator.operatorId,
    name: operator.name,
    host: operator.host,
    port: operator.port,
    systemId: operator.systemId,
    systemType: operator.systemType,
    bindType: operator.bindType,
    tpsLimit: operator.tpsLimit,
    status: operator.status,
    healthState,
    healthStale,
    notes: operator.notes,
    mnoId: operator.mnoId,
    credentialsVersion: operator.credentialsVersion,
    version: operator.version,
    createdAt: operator.createdAt.toISOString(),
    createdBy: operator.createdBy,
    updatedAt: operator.updatedAt.toISOString(),
    updatedBy: operator.updatedBy,
    ...(operator.deletedAt === null ? {} : { deletedAt: operator.deletedAt.toISOString() }),
    ...(warnings.length === 0 ? {} : { warnings: [...warnings] }),
  }
}

/** An answer that holds one operator, for a route's `schema.response`. */
export const operatorResponse = (description: string, headers: Record<string, TSchema> = {}) =>
  ({
    ...OperatorResource,
    description,
    headers: { ETag: Type.String({ description: 'The config version, for If-Match' }), ...headers },
  }) as typeof OperatorResource

/** RFC 9110 §8.8.3: the strong entity tag of an operator's configuration. */
export const operatorETag = ({ operator }: Pick<OperatorView, 'operator'>): string => `"${operator.version}"`
