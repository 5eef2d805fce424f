import type { FastifyBaseLogger } from 'fastify'

export type HttpLog = FastifyBaseLogger

/** What the shells measure; `@oms/adapters/telemetry` has metrics of this shape. */
export type RequestMetrics = Readonly<{
  httpRequestDuration: { observe(labels: { method: string; route: string; status: string }, seconds: number): void }
}>

/** One request's place in its trace; `run` makes it the current one for `fn`. */
export type TraceScope = Readonly<{ traceId: string; run<T>(fn: () => T): T }>

/** Joins the trace of a `traceparent` header, or begins one. */
export type OpenTrace = (traceparent: string | undefined) => TraceScope
