import type { ErrorCode } from '@oms/domain'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { HttpServer } from './ports.ts'
import { PROBLEM_TYPE, renderProblem, retryAfterOf } from './problem.ts'
import { edgeOf } from './problem-table.ts'
import { toDomainError } from './to-domain-error.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** The code of the problem that was answered. */
    problem: ErrorCode | undefined
  }
}

export function answerWithProblems(app: HttpServer): void {
  app.decorateRequest('problem', undefined)
  app.setErrorHandler((error, request, reply) => answerProblem(error, request, reply))
}

/** Renders any failure; the cause of those that are ours goes to the log only. */
export function answerProblem(failure: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const error = toDomainError(failure)
  const { status, level } = edgeOf(error.code)
  request.problem = error.code
  // The line of the request says the rest.
  if (level !== 'info') request.log[level]({ err: error, code: error.code }, error.message)
  const retryAfter = retryAfterOf(error)
  if (retryAfter !== undefined) reply.header('retry-after', retryAfter)
  if (error.code === 'UNAUTHENTICATED' && !reply.hasHeader('www-authenticate'))
    reply.header('www-authenticate', 'Bearer')
  const [instance] = request.url.split('?')
  return reply
    .code(status)
    .header('cache-control', 'no-store')
    .type(PROBLEM_TYPE)
    .serializer((body: object) => JSON.stringify(body))
    .send(renderProblem(error, { requestId: request.id, instance }))
}
