import { Type } from '@sinclair/typebox'

/** `ops.deadletter.health`: a report that could not be used, and why. */
export const DeadLetterMessage = Type.Object(
  {
    schemaVersion: Type.Literal('1'),
    eventId: Type.String(),
    at: Type.String({ description: 'ISO 8601 UTC' }),
    subject: Type.String({ description: 'Where it came in' }),
    streamSequence: Type.Integer({ description: 'Where it came in' }),
    reason: Type.Union([Type.Literal('UNDECODABLE'), Type.Literal('UNKNOWN_OPERATOR')]),
    operatorId: Type.Optional(Type.String()),
    payload: Type.String({ description: 'As received, as text, cut at 4 KiB' }),
  },
  { $id: 'ops.deadletter.health', additionalProperties: false },
)
