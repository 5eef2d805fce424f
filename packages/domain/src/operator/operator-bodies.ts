import { type Static, type TSchema, Type } from '@sinclair/typebox'
import { BIND_TYPES } from './bind-type.ts'
import { MNO_ID_PATTERN } from './mno-id.ts'
import { NOTES_MAX } from './notes.ts'
import { OPERATOR_NAME_MAX } from './operator-name.ts'
import { PASSWORD_PATTERN } from './password.ts'
import { OPERATOR_STATUSES } from './status.ts'
import { SYSTEM_ID_PATTERN } from './system-id.ts'
import { SYSTEM_TYPE_PATTERN } from './system-type.ts'
import { ENFORCEMENT_MODES, TPS_LIMIT_BOUNDS, TPS_LIMIT_DEFAULTS } from './tps-limit.ts'

const choice = <const T extends readonly string[]>(values: T, description: string) =>
  Type.Unsafe<T[number]>({ type: 'string', enum: values, description })

const nullable = <T extends TSchema>(schema: T) =>
  Type.Unsafe<Static<T> | null>({ ...schema, type: [(schema as unknown as { type: string }).type, 'null'] })

const withDefault = <T extends TSchema>(schema: T, value: Static<T>): T => ({ ...schema, default: value })

const closed = { additionalProperties: false }

const name = Type.String({
  description: `NFC, trimmed, 1-${OPERATOR_NAME_MAX} characters, unique in any case`,
  maxLength: 1_024,
})
const host = Type.String({
  description: 'Host name (RFC 1123), IPv4 or IPv6 address, no scheme, no port',
  maxLength: 512,
})
const port = Type.Integer({ minimum: 1, maximum: 65_535 })
const systemId = Type.String({
  description: 'SMPP system_id, 1-15 visible ASCII characters',
  pattern: SYSTEM_ID_PATTERN,
})
const systemType = Type.String({ description: 'SMPP system_type', pattern: SYSTEM_TYPE_PATTERN })
const bindType = choice(BIND_TYPES, 'Kind of SMPP bind')
const password = Type.String({
  description: 'SMPP password, write-only. SMPP 3.4 allows 8 characters; up to 16 are accepted with a warning',
  pattern: PASSWORD_PATTERN,
  writeOnly: true,
})
const notes = Type.String({ description: `At most ${NOTES_MAX} characters; LF and TAB are allowed`, maxLength: 8_192 })
const mnoId = Type.String({ description: 'The carrier as a company, a slug', pattern: MNO_ID_PATTERN })
const maxTps = Type.Integer({ ...TPS_LIMIT_BOUNDS.maxTps, description: 'Segments (submit_sm PDUs) per second' })
const burstMultiplier = Type.Number({ ...TPS_LIMIT_BOUNDS.burstMultiplier, description: 'At most two decimals' })
const burstWindowMs = Type.Integer({ ...TPS_LIMIT_BOUNDS.burstWindowMs, description: 'Sliding window, milliseconds' })
const enforcementMode = choice(ENFORCEMENT_MODES, 'What happens above the limit')

/** A whole limit: a member that is not given has its default. */
export const TpsLimitBody = Type.Object(
  {
    maxTps,
    burstMultiplier: Type.Optional(withDefault(burstMultiplier, TPS_LIMIT_DEFAULTS.burstMultiplier)),
    burstWindowMs: Type.Optional(withDefault(burstWindowMs, TPS_LIMIT_DEFAULTS.burstWindowMs)),
    enforcementMode: Type.Optional(withDefault(enforcementMode, TPS_LIMIT_DEFAULTS.enforcementMode)),
  },
  closed,
)

export const CreateOperatorBody = Type.Object(
  {
    name,
    host,
    port,
    systemId,
    systemType: Type.Optional(systemType),
    bindType,
    password,
    tpsLimit: TpsLimitBody,
    notes: Type.Optional(nullable(notes)),
    mnoId: Type.Optional(nullable(mnoId)),
  },
  closed,
)
export type CreateOperatorBody = Static<typeof CreateOperatorBody>

/** A JSON merge patch (RFC 7396): null clears `notes` and `mnoId`, resets `systemType` and the TPS limit's members. */
export const UpdateOperatorBody = Type.Partial(
  Type.Object({
    name,
    host,
    port,
    systemId,
    systemType: nullable(systemType),
    bindType,
    password,
    status: choice(OPERATOR_STATUSES, 'INACTIVE → ACTIVE; ACTIVE ↔ SUSPENDED; ACTIVE or SUSPENDED → INACTIVE'),
    tpsLimit: Type.Partial(
      Type.Object({
        maxTps,
        burstMultiplier: nullable(burstMultiplier),
        burstWindowMs: nullable(burstWindowMs),
        enforcementMode: Type.Unsafe<(typeof ENFORCEMENT_MODES)[number] | null>({
          ...enforcementMode,
          type: ['string', 'null'],
          enum: [...ENFORCEMENT_MODES, null],
        }),
      }),
      closed,
    ),
    notes: nullable(notes),
    mnoId: nullable(mnoId),
  }),
  closed,
)
export type UpdateOperatorBody = Static<typeof UpdateOperatorBody>
