import Fastify, { type FastifyServerOptions, LogController } from 'fastify'
import type { ServerOptions } from 'node:https'
import { answerClientError } from './client-error.ts'
import { acceptJson } from './content-types.ts'
import { answerProblem, answerWithProblems } from './error-answers.ts'
import type { HttpLog, HttpServer, OpenTrace, RequestMetrics } from './ports.ts'
import { convertQueries } from './query.ts'
import { requestIdOf } from './request-id.ts'
import { observeRequests } from './request-observer.ts'
import { SECURITY_HEADERS } from './security-headers.ts'
import { refuseUnknownRoutes } from './unknown-routes.ts'

export type ServerSettings = Readonly<{
  log: HttpLog
  metrics: RequestMetrics
  openTrace: OpenTrace
  /** Octets; 1 MiB when absent. A route may set its own. */
  bodyLimit?: number
  https?: ServerOptions
  /** Whose `X-Forwarded-For` is believed: addresses, CIDR or named ranges. Nobody's when absent. */
  trustProxy?: readonly string[]
}>

const MIB = 1024 * 1024

/** Fastify as all our APIs have it: strict input, problems for errors, safe headers, one log line per request. */
export function createServer({
  log,
  metrics,
  openTrace,
  bodyLimit = MIB,
  https,
  trustProxy = [],
}: ServerSettings): HttpServer {
  const options: FastifyServerOptions = {
    loggerInstance: log,
    logController: new LogController({ disableRequestLogging: true, requestIdLogLabel: 'requestId' }),
    requestIdHeader: false,
    genReqId: requestIdOf,
    bodyLimit,
    trustProxy: trustProxy.length === 0 ? false : [...trustProxy],
    requestTimeout: 30_000,
    connectionTimeout: 60_000,
    // Longer than Kong keeps an idle upstream connection (60 s), or it would write into one that just closed.
    keepAliveTimeout: 75_000,
    return503OnClosing: false,
    routerOptions: { maxParamLength: 1_024, ignoreTrailingSlash: false, caseSensitive: true },
    ajv: {
      customOptions: {
        removeAdditional: false,
        allErrors: true,
        coerceTypes: false,
        useDefaults: true,
        allowUnionTypes: true,
      },
    },
    // toDomainError reads the faults themselves; Fastify's own text of them grows with the body.
    schemaErrorFormatter: () => new Error('the request is not as its schema says'),
    clientErrorHandler: answerClientError,
    frameworkErrors: (error, request, reply) => {
      reply.headers(SECURITY_HEADERS).header('x-request-id', request.id)
      answerProblem(error, request, reply)
    },
  }
  // Fastify types an HTTPS server apart, though requests and answers are the same.
  const app = Fastify(https === undefined ? options : ({ ...options, https } as typeof options)) as HttpServer

  answerWithProblems(app)
  observeRequests(app, metrics, openTrace)
  refuseUnknownRoutes(app)
  convertQueries(app)
  acceptJson(app)
  return app
}
