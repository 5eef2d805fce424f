import type { ErrorCode } from '@oms/domain'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { IncomingMessage } from 'node:http'
import { finished } from 'node:stream/promises'
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
  app.setErrorHandler(async (error, request, reply) => {
    if (toDomainError(error).code === 'PAYLOAD_TOO_LARGE') await readOut(request.raw)
    return answerProblem(error, request, reply)
  })
}

/** Renders any failure; the cause of those that are ours goes to the log only. */
export function answerProblem(failure: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const error = toDomainError(failure)
  const { status, level } = edgeOf(error.code)
  request.problem = error.code
  // The line of the request says the rest.
  if (level !== 'info') request.log[level]({ err: error, code: error.code }, 'request failed')
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

/** The most octets of a refused body that are read and dropped; how long that may take is the server's `requestTimeout`. */
const READ_OUT = 64 * 1024 * 1024

/**
 * Drops the rest of a body that is refused for its size. A connection that is closed while its sender still writes takes the
 * answer along: the sender sees a broken connection instead of 413.
 */
async function readOut(request: IncomingMessage): Promise<void> {
  if (request.readableEnded || !(Number(request.headers['content-length']) <= READ_OUT)) return
  request.resume()
  // Broken off is as good as over: nobody is there to be answered.
  await finished(request).catch(() => undefined)
}
