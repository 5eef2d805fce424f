import type { FastifyRequest } from 'fastify'
import type { HttpServer, OpenTrace, RequestMetrics, TraceScope } from './ports.ts'
import { SECURITY_HEADERS } from './security-headers.ts'

declare module 'fastify' {
  interface FastifyRequest {
    trace: TraceScope | undefined
    /** Who is calling, as far as it was established: fields for the line of the request. */
    identity: Readonly<Record<string, string>> | undefined
  }
}

const UNMATCHED = 'unmatched'

/** Node's parser knows two dozen more, which any stranger may send. */
const METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])

/** Headers, trace, one log line and one measurement for each request, however it ends. */
export function observeRequests(app: HttpServer, metrics: RequestMetrics, openTrace: OpenTrace): void {
  app.decorateRequest('trace', undefined)
  app.decorateRequest('identity', undefined)

  app.addHook('onRoute', ({ url, method: methods, schema }) => {
    for (const method of [methods].flat()) {
      if (method === 'HEAD' || schema?.hide === true) continue
      // The first failure must show in a rate: of a route that is seldom used it may be the only one for hours.
      for (const status of ['2xx', '5xx']) metrics.httpRequestDuration.zero({ method, route: url, status })
    }
  })

  app.addHook('onRequest', (request, reply, done) => {
    reply.headers(SECURITY_HEADERS).header('x-request-id', request.id)
    const header = request.headers.traceparent
    request.trace = openTrace(typeof header === 'string' ? header : undefined)
    request.trace.run(done)
  })

  app.addHook('onResponse', (request, reply, done) => {
    const route = request.is404 ? UNMATCHED : (request.routeOptions.url ?? UNMATCHED)
    const { statusCode, elapsedTime } = reply
    const status = `${Math.floor(statusCode / 100)}xx`
    const method = METHODS.has(request.method) ? request.method : 'other'
    metrics.httpRequestDuration.observe({ method, route, status }, elapsedTime / 1_000)
    logLine(request, { route, status: statusCode, durationMs: Math.round(elapsedTime * 10) / 10 }, 'request')
    done()
  })

  app.addHook('onRequestAbort', (request, done) => {
    logLine(request, { route: request.routeOptions.url }, 'request aborted by the caller')
    done()
  })
}

/** In the trace of the request, for the hooks at its end run outside of it. */
function logLine(request: FastifyRequest, fields: object, message: string): void {
  const { method, problem, identity } = request
  const line = { method, ...fields, ...(problem === undefined ? {} : { code: problem }), ...identity }
  const write = () => request.log.info(line, message)
  if (request.trace === undefined) write()
  else request.trace.run(write)
}
