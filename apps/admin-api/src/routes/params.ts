import { Type } from '@sinclair/typebox'
import { IdempotencyKeyHeader } from '../idempotency/idempotency-key.ts'

// No pattern: a malformed id is an operator that is not there, 404 and not 400.
export const OperatorParams = Type.Object({ operatorId: Type.String() })

export const RoutingRuleParams = Type.Object({ operatorId: Type.String(), ruleId: Type.String() })

export const IfMatchHeader = Type.Object({
  'if-match': Type.Optional(Type.String({ description: 'The ETag last seen, or *; another version answers 412' })),
})

/** Headers of a POST below an operator. */
export const PostHeaders = Type.Object({ ...IfMatchHeader.properties, ...IdempotencyKeyHeader.properties })
