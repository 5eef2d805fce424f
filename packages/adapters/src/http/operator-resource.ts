import {
  BIND_TYPES,
  ENFORCEMENT_MODES,
  HEALTH_STATES,
  OPERATOR_STATUSES,
  type OperatorView,
  type Warning,
} from '@oms/domain'
import { type Static, type TSchema, Type } from '@sinclair/typebox'
import { choice, nullableText, time } from './schema-parts.ts'
import { versionETag, versionedResponse } from './versioned-response.ts'

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
    createdAt: time,
    createdBy: Type.String(),
    updatedAt: time,
    updatedBy: Type.String(),
    deletedAt: Type.Optional(time),
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
  versionedResponse(OperatorResource, description, headers)

/** The strong entity tag of an operator's configuration. */
export const operatorETag = ({ operator }: Pick<OperatorView, 'operator'>): string => versionETag(operator.version)
