import {
  type Attributes,
  context,
  INVALID_TRACEID,
  type Link,
  ROOT_CONTEXT,
  type Span,
  type SpanContext,
  type SpanKind,
  SpanStatusCode,
  TraceFlags,
  trace,
} from '@opentelemetry/api'
import { type ErrorCode, IdempotencyKeyTaken, isDomainError } from '@oms/domain'
import { AsyncLocalStorage } from 'node:async_hooks'
import { printable } from './serialize-error.ts'
import { childOf, formatTraceparent, parseTraceparent, type TraceContext } from './trace-context.ts'

/** Whatever SDK runs by then makes its spans; none, as long as none does. */
const tracer = trace.getTracer('operator-management-service')

/** `spanId` is kept for the first span below, so that lines before, in and after that span show the same one. */
type Place = TraceContext & { taken: boolean }

const active = new AsyncLocalStorage<Place>()

let isRootSampled: (traceId: string) => boolean = () => true

/** Whether a trace that begins here is recorded, by its id. What is stored and sent has to say so before there is a span. */
export const sampleRootsBy = (decide: (traceId: string) => boolean): void => {
  isRootSampled = decide
}

/** A place in a trace; `run` makes it the current one for `fn` and all that `fn` starts. */
export type TraceScope = TraceContext & Readonly<{ run<T>(fn: () => T): T }>

/**
 * A child of the caller named by `traceparent`, or the root of a new trace. Works with and without an OpenTelemetry
 * SDK: logs and outgoing `traceparent`s carry the ids either way.
 */
export function openTrace(traceparent: string | undefined): TraceScope {
  const parent = parseTraceparent(traceparent)
  const child = childOf(parent)
  const own: Place = { ...child, sampled: parent?.sampled ?? isRootSampled(child.traceId), taken: false }
  // Without a caller the first span is the root: one that names a parent which nobody sends stays an orphan for ever.
  const below = parent === undefined ? ROOT_CONTEXT : trace.setSpanContext(ROOT_CONTEXT, remote(parent))
  return { ...own, run: (fn) => active.run(own, () => context.with(below, fn)) }
}

/** The ids of new spans: the first span of a scope has those that the scope has shown all along. */
export const scopedIds = (random: Readonly<{ generateTraceId(): string; generateSpanId(): string }>) => ({
  generateTraceId: () => active.getStore()?.traceId ?? random.generateTraceId(),
  generateSpanId() {
    const place = active.getStore()
    if (place === undefined || place.taken) return random.generateSpanId()
    place.taken = true
    return place.spanId
  },
})

/** Where this code runs in a trace; undefined outside any. */
export function currentTrace(): TraceContext | undefined {
  const span = trace.getActiveSpan()?.spanContext()
  if (span === undefined || span.isRemote === true || span.traceId === INVALID_TRACEID) return active.getStore()
  return { traceId: span.traceId, spanId: span.spanId, sampled: (span.traceFlags & TraceFlags.SAMPLED) !== 0 }
}

/** The `traceparent` to send or store from here. */
export function currentTraceparent(): string | undefined {
  const current = currentTrace()
  return current === undefined ? undefined : formatTraceparent(current)
}

/** A link to the span that wrote this `traceparent`; none where there is none. */
export function linksTo(traceparent: string | null | undefined): Link[] {
  const context = parseTraceparent(traceparent ?? undefined)
  return context === undefined ? [] : [{ context: remote(context) }]
}

export type SpanSettings = Readonly<{ attributes?: Attributes; kind?: SpanKind; links?: Link[] }>

/**
 * Runs `fn` inside a span. A failure is recorded with the error's printable fields only, marks the span when it is one of
 * ours and not the caller's, and is thrown on.
 */
export function withSpan<T>(name: string, settings: SpanSettings, fn: (span: Span) => Promise<T>): Promise<T> {
  return tracer.startActiveSpan(name, settings, async (span) => {
    try {
      return await fn(span)
    } catch (error) {
      recordFailure(span, error)
      throw error
    } finally {
      span.end()
    }
  })
}

/** A span in the trace of `traceparent`, whatever runs now; `traceparent` names it, with and without an SDK. */
export function beginSpan(name: string, settings: SpanSettings, traceparent: string) {
  const scope = openTrace(traceparent)
  const span = scope.run(() => tracer.startSpan(name, settings))
  return { traceparent: formatTraceparent(scope), end: () => span.end() }
}

/** Whether spans from here are sent anywhere: then, and only then, is it worth to describe one. */
export const isTraced = (): boolean => trace.getActiveSpan()?.isRecording() === true

const remote = ({ traceId, spanId, sampled }: TraceContext): SpanContext => ({
  traceId,
  spanId,
  traceFlags: sampled ? TraceFlags.SAMPLED : TraceFlags.NONE,
  isRemote: true,
})

/** Answers that the caller has to mend are no faults of a span: else every 404 would show as a broken trace. */
const FAULTS: ReadonlySet<ErrorCode> = new Set([
  'INTERNAL_ERROR',
  'VAULT_UNAVAILABLE',
  'DEPENDENCY_UNAVAILABLE',
  'SERVICE_OVERLOADED',
  'CREDENTIALS_MISSING',
])

const isExpected = (error: unknown): boolean =>
  (isDomainError(error) && !FAULTS.has(error.code)) || error instanceof IdempotencyKeyTaken

function recordFailure(span: Span, error: unknown): void {
  const { type, message, code } = printable(error)
  span.recordException({ name: type, message, ...(code === undefined ? {} : { code: String(code) }) })
  if (isExpected(error)) return
  span.setStatus({ code: SpanStatusCode.ERROR, message: type })
}
