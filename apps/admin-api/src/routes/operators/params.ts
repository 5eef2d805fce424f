import { Type } from '@sinclair/typebox'

// No pattern: a malformed id is an operator that is not there, 404 and not 400.
export const OperatorParams = Type.Object({ operatorId: Type.String() })

export const IfMatchHeader = Type.Object({
  'if-match': Type.Optional(Type.String({ description: 'The ETag last seen, or *; another version answers 412' })),
})
