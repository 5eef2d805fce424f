import { type Static, Type } from '@sinclair/typebox'
import { OPERATOR_ID_PATTERN } from '../operator/operator-id.ts'
import type { OperatorId } from '../operator/operator-id.ts'
import type { BindState } from './health-state.ts'
import type { Micros } from './micros.ts'

/** `operator.health.inbound.v1`, sent by smpp-connector every 10 s and on every change of a bind. */
export const InboundHealthReport = Type.Object(
  {
    schemaVersion: Type.Literal('1'),
    eventId: Type.String({ minLength: 1, maxLength: 128 }),
    operatorId: Type.String({ pattern: OPERATOR_ID_PATTERN }),
    at: Type.String({ description: 'ISO 8601 time of the observation', maxLength: 64 }),
    bindState: Type.Union([Type.Literal('BOUND'), Type.Literal('UNBOUND')]),
    errorRate: Type.Number({ minimum: 0, maximum: 1 }),
    bindError: Type.Optional(Type.Union([Type.String({ maxLength: 256 }), Type.Null()])),
    inFlight: Type.Optional(Type.Integer({ minimum: 0 })),
    tps: Type.Optional(Type.Number({ minimum: 0 })),
  },
  { $id: 'operator.health.inbound.v1', additionalProperties: true },
)
export type InboundHealthReport = Static<typeof InboundHealthReport>

/** A report with the facts that the stream adds. `receivedAt` is the stream's time; no rule uses a replica's clock. */
export type HealthReport = Readonly<{
  operatorId: OperatorId
  /** What the sender says; data only. */
  at: Micros
  receivedAt: Micros
  streamSequence: number
  bindState: BindState
  /** 0..1 */
  errorRate: number
  bindError: string | null
  traceparent: string | null
}>
