import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import type { FastifyBaseLogger, FastifyInstance, RawServerDefault } from 'fastify'
import type { WriteLine } from '@oms/domain'
import type { IncomingMessage, ServerResponse } from 'node:http'

declare module 'fastify' {
  // Also of `request.log`: no Secret fits in.
  interface FastifyBaseLogger {
    fatal: WriteLine
    error: WriteLine
    warn: WriteLine
    info: WriteLine
    debug: WriteLine
    trace: WriteLine
  }
}

export type HttpLog = FastifyBaseLogger

/** Fastify whose route schemas are TypeBox. */
export type HttpServer = FastifyInstance<
  RawServerDefault,
  IncomingMessage,
  ServerResponse,
  FastifyBaseLogger,
  TypeBoxTypeProvider
>

/** What the shells measure; `@oms/adapters/telemetry` has metrics of this shape. */
export type RequestMetrics = Readonly<{
  httpRequestDuration: {
    observe(labels: RequestLabels, seconds: number): void
    /** Shows the series, with nothing in it yet. */
    zero(labels: RequestLabels): void
  }
}>

/** `route` is a template, `status` a class as `2xx`: what a caller sends must not make new series. */
export type RequestLabels = { method: string; route: string; status: string }

/** One request's place in its trace; `run` makes it the current one for `fn`. */
export type TraceScope = Readonly<{ traceId: string; run<T>(fn: () => T): T }>

/** Joins the trace of a `traceparent` header, or begins one. */
export type OpenTrace = (traceparent: string | undefined) => TraceScope
