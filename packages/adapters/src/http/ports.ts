import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import type { FastifyBaseLogger, FastifyInstance, RawServerDefault } from 'fastify'
import type { IncomingMessage, ServerResponse } from 'node:http'

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
  httpRequestDuration: { observe(labels: { method: string; route: string; status: string }, seconds: number): void }
}>

/** One request's place in its trace; `run` makes it the current one for `fn`. */
export type TraceScope = Readonly<{ traceId: string; run<T>(fn: () => T): T }>

/** Joins the trace of a `traceparent` header, or begins one. */
export type OpenTrace = (traceparent: string | undefined) => TraceScope
