import { ifMatch } from '@oms/adapters/http'
import { currentTraceparent } from '@oms/adapters/telemetry'
import { type ChangeContext, type OperatorId, operatorIdFrom, type VersionPrecondition } from '@oms/domain'
import type { FastifyRequest } from 'fastify'
import { isIP } from 'node:net'

type Asking = Pick<FastifyRequest, 'id' | 'ip' | 'ips' | 'caller'>

/** Who asks for this change, as far as it was verified. */
export const changeContext = (request: Asking): ChangeContext => ({
  actor: request.caller.subject,
  requestId: request.id,
  traceparent: currentTraceparent() ?? null,
  sourceAddress: sourceAddress(request),
})

/** The farthest address that is believed. A trusted hop hands on what it was sent, which may be any text. */
const sourceAddress = ({ ip, ips = [ip] }: Pick<FastifyRequest, 'ip' | 'ips'>): string | null =>
  ips.findLast((each) => isIP(each) !== 0) ?? null

type OfOperator = Readonly<{ operatorId: OperatorId; ifMatch?: VersionPrecondition; context: ChangeContext }>

/** What every command for an operator says: which one, at which version, who asks. Rejects as its parts do. */
export function operatorCommand(
  request: Asking & Pick<FastifyRequest, 'headers'> & Readonly<{ params: { operatorId: string } }>,
): OfOperator {
  const operatorId = operatorIdFrom(request.params.operatorId)
  const expected = ifMatch(request.headers['if-match'])
  return { operatorId, ...(expected === undefined ? {} : { ifMatch: expected }), context: changeContext(request) }
}
