import { type Static, Type } from '@sinclair/typebox'
import { OPERATOR_ID_PATTERN } from '../operator/operator-id.ts'

const State = Type.Union([
  Type.Literal('HEALTHY'),
  Type.Literal('DEGRADED'),
  Type.Literal('UNHEALTHY'),
  Type.Literal('UNKNOWN'),
])

export const OperatorHealthChanged = Type.Object(
  {
    schemaVersion: Type.Literal('1'),
    eventId: Type.String({ description: 'UUIDv4, also the Nats-Msg-Id', pattern: '^[0-9a-f-]{36}$' }),
    operatorId: Type.String({ pattern: OPERATOR_ID_PATTERN }),
    previousState: State,
    newState: State,
    errorRate: Type.Number({ minimum: 0, maximum: 1 }),
    bindError: Type.Union([Type.String(), Type.Null()], { description: 'SMPP error of a lost bind' }),
    at: Type.String({ description: 'ISO 8601 UTC: when the stream received the deciding report' }),
    transition: Type.Integer({ minimum: 1, description: "Counts this operator's transitions, for order" }),
  },
  { $id: 'operator.health.v1', additionalProperties: false },
)
export type OperatorHealthChanged = Static<typeof OperatorHealthChanged>
