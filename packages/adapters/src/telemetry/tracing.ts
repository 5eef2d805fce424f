import {
  type Attributes,
  context,
  isSpanContextValid,
  type Span,
  SpanStatusCode,
  TraceFlags,
  trace,
} from '@opentelemetry/api'
import { AsyncLocalStorage } from 'node:async_hooks'
import { printable } from './serialize-error.ts'
import { childOf, formatTraceparent, parseTraceparent, type TraceContext } from './trace-context.ts'

const NAME = 'operator-management-service'
const active = new AsyncLocalStorage<TraceContext>()

/** A place in a trace; `run` makes it the current one for `fn` and all that `fn` starts. */
export type TraceScope = TraceContext & Readonly<{ run<T>(fn: () => T): T }>

/**
 * A child of the caller named by `traceparent`, or the root of a new trace. Works with and without an OpenTelemetry
 * SDK: logs and outgoing `traceparent`s carry the ids either way.
 */
export function openTrace(traceparent: string | undefined): TraceScope {
  const parent = parseTraceparent(traceparent)
  const own = childOf(parent)
  const { traceId, spanId, sampled } = parent ?? own
  const remote = { traceId, spanId, traceFlags: sampled ? TraceFlags.SAMPLED : TraceFlags.NONE, isRemote: true }
  const below = trace.setSpanContext(context.active(), remote)
  return { ...own, run: (fn) => active.run(own, () => context.with(below, fn)) }
}

/** Where this code runs in a trace; undefined outside any. */
export function currentTrace(): TraceContext | undefined {
  const span = trace.getActiveSpan()?.spanContext()
  if (span === undefined || !isSpanContextValid(span) || span.isRemote === true) return active.getStore()
  return { traceId: span.traceId, spanId: span.spanId, sampled: (span.traceFlags & TraceFlags.SAMPLED) !== 0 }
}

/** The `traceparent` to send or store from here. */
export function currentTraceparent(): string | undefined {
  const current = currentTrace()
  return current === undefined ? undefined : formatTraceparent(current)
}

/** Runs `fn` inside a span; a failure marks it with the error's printable fields only, and is thrown on. */
export function withSpan<T>(name: string, attributes: Attributes, fn: () => Promise<T>): Promise<T> {
  return trace.getTracer(NAME).startActiveSpan(name, { attributes }, async (span) => {
    try {
      return await fn()
    } catch (error) {
      fail(span, error)
      throw error
    } finally {
      span.end()
    }
  })
}

function fail(span: Span, error: unknown): void {
  const { type, message, code } = printable(error)
  span.recordException({ name: type, message, ...(code === undefined ? {} : { code: String(code) }) })
  span.setStatus({ code: SpanStatusCode.ERROR, message: type })
}
