import { Type } from '@sinclair/typebox'
import { OPERATOR_ID_PATTERN } from '../operator/operator-id.ts'

/** What the schemas of several events share. */
export const Time = Type.String({
  description: 'ISO 8601 UTC with milliseconds',
  pattern: '^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{3}Z$',
})
export const EventId = Type.String({ description: 'UUIDv4, also the Nats-Msg-Id', pattern: '^[0-9a-f-]{36}$' })
export const OperatorIdText = Type.String({ pattern: OPERATOR_ID_PATTERN })
export const ConfigVersion = Type.Integer({
  minimum: 1,
  description: "The operator's config version after the change",
})
export const NullableText = Type.Union([Type.String(), Type.Null()])

export const literals = <const T extends readonly string[]>(values: T) =>
  Type.Unsafe<T[number]>(Type.Union(values.map((value) => Type.Literal(value))))

export const closed = { additionalProperties: false }

export const envelope = {
  schemaVersion: Type.Literal('1'),
  eventId: EventId,
  operatorId: OperatorIdText,
  version: ConfigVersion,
}
