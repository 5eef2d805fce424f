import { currentTraceparent } from '@oms/adapters/telemetry'
import type { ChangeContext } from '@oms/domain'
import type { FastifyRequest } from 'fastify'

/** Who asks for this change, as far as it was verified. */
export const changeContext = (request: FastifyRequest): ChangeContext => ({
  actor: request.caller.subject,
  requestId: request.id,
  traceparent: currentTraceparent() ?? null,
  sourceAddress: request.ip,
})
