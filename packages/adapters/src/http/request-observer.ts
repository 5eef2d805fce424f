import type { FastifyRequest } from 'fastify'
import type { HttpServer, OpenTrace, RequestMetrics, TraceScope } from './ports.ts'
import { SECURITY_HEADERS } from './security-headers.ts'

declare module 'fastify' {
  interface FastifyRequest {
    trace: TraceScope | undefined
    /** Who is calling, as far as it was established: fields for the line of the request. */
    identity: Readonly<Record<string, string>> | undefined
    /** When it came; monotonic, in milliseconds. */
    since: number
  }
}

const UNMATCHED = 'unmatched'

/** Node's parser knows two dozen more, which any stranger may send. */
const METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])

/** How a request ended; without a status where its caller left before the end of the answer. */
type Ending = Readonly<{ message: string; statusCode?: number; elapsedMs: number }>

/** Headers, trace, one log line and one measurement for each request, however it ends. */
export function observeRequests(app: HttpServer, metrics: RequestMetrics, openTrace: OpenTrace): void {
  app.decorateRequest('trace', undefined)
  app.decorateRequest('identity', undefined)
  app.decorateRequest('since', 0)

  app.addHook('onRoute', ({ url, method: methods, schema }) => {
    for (const method of [methods].flat()) {
      if (method === 'HEAD' || schema?.hide === true) continue
      // The first failure must show in a rate: of a route that is seldom used it may be the only one for hours.
      for (const status of ['2xx', '5xx']) metrics.httpRequestDuration.zero({ method, route: url, status })
    }
  })

  app.addHook('onRequest', (request, reply, done) => {
    reply.headers(SECURITY_HEADERS).header('x-request-id', request.id)
    request.since = performance.now()
    const header = request.headers.traceparent
    request.trace = openTrace(typeof header === 'string' ? header : undefined)
    request.trace.run(done)
  })

  /** In the trace of the request, for the hooks at its end run outside of it. */
  function tell(request: FastifyRequest, { message, statusCode, elapsedMs }: Ending): void {
    const { method, problem, identity } = request
    const route = request.is404 ? UNMATCHED : (request.routeOptions.url ?? UNMATCHED)
    // As other servers count it (nginx by 499): what hangs until callers lose patience must show in the durations.
    const status = statusCode === undefined ? '4xx' : `${Math.floor(statusCode / 100)}xx`
    const label = METHODS.has(method) ? method : 'other'
    metrics.httpRequestDuration.observe({ method: label, route, status }, elapsedMs / 1_000)
    const durationMs = Math.round(elapsedMs * 10) / 10
    const code = problem === undefined ? {} : { code: problem }
    const write = () =>
      request.log.info({ method, route, status: statusCode, durationMs, ...code, ...identity }, message)
    if (request.trace === undefined) write()
    else request.trace.run(write)
  }

  app.addHook('onResponse', (request, { statusCode, elapsedTime }, done) => {
    tell(request, { message: 'request', statusCode, elapsedMs: elapsedTime })
    done()
  })

  app.addHook('onRequestAbort', (request, done) => {
    tell(request, { message: 'request aborted by the caller', elapsedMs: performance.now() - request.since })
    done()
  })
}
