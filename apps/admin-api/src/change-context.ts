import { ifMatch } from '@oms/adapters/http'
import { currentTraceparent } from '@oms/adapters/telemetry'
import { type ChangeContext, type OperatorId, operatorIdFrom, type VersionPrecondition } from '@oms/domain'
import type { FastifyRequest } from 'fastify'

type Asking = Pick<FastifyRequest, 'id' | 'ip' | 'caller'>

/** Who asks for this change, as far as it was verified. */
export const changeContext = (request: Asking): ChangeContext => ({
  actor: request.caller.subject,
  requestId: request.id,
  traceparent: currentTraceparent() ?? null,
  sourceAddress: request.ip,
})

type OfOperator = Readonly<{ operatorId: OperatorId; ifMatch?: VersionPrecondition; context: ChangeContext }>

/** What every command for an operator says: which one, at which version, who asks. Rejects as its parts do. */
export function operatorCommand(
  request: Asking & Pick<FastifyRequest, 'headers'> & Readonly<{ params: { operatorId: string } }>,
): OfOperator {
  const operatorId = operatorIdFrom(request.params.operatorId)
  const expected = ifMatch(request.headers['if-match'])
  return { operatorId, ...(expected === undefined ? {} : { ifMatch: expected }), context: changeContext(request) }
}
