import { randomUUID } from 'node:crypto'

/** W3C Trace Context, level 1: the caller's position in a trace. Ids are lower-case hex. */
export type TraceContext = Readonly<{ traceId: string; spanId: string; sampled: boolean }>

// https://www.w3.org/TR/trace-context/#traceparent-header: four fields; a later version may append more.
const TRACEPARENT = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/
const INVALID_VERSION = 'ff'
const ZEROES = /^0+$/
const SPAN_DIGITS = 16

/** The context in a `traceparent` header; undefined when it is absent or malformed, as the standard wants it. */
export function parseTraceparent(header: string | undefined): TraceContext | undefined {
  const [, version, traceId, spanId, flags, rest] = TRACEPARENT.exec(header?.trim() ?? '') ?? []
  if (version === undefined || traceId === undefined || spanId === undefined || flags === undefined) return undefined
  if (version === INVALID_VERSION || (version === '00' && rest !== undefined)) return undefined
  if (ZEROES.test(traceId) || ZEROES.test(spanId)) return undefined
  return { traceId, spanId, sampled: (Number.parseInt(flags, 16) & 1) === 1 }
}

export const formatTraceparent = ({ traceId, spanId, sampled }: TraceContext): string =>
  `00-${traceId}-${spanId}-${sampled ? '01' : '00'}`

/** A new span below `parent`, or the root of a new trace. */
export const childOf = (parent: TraceContext | undefined): TraceContext => ({
  traceId: parent?.traceId ?? randomDigits(),
  spanId: randomDigits().slice(0, SPAN_DIGITS),
  sampled: parent?.sampled ?? true,
})

/** 32 hex digits, never all zero: a UUID has a version. Node draws the bits of many at once, which randomBytes does not. */
const randomDigits = (): string => randomUUID().replaceAll('-', '')
