import { type Attributes, SpanKind } from '@opentelemetry/api'
import { isTraced, withSpan } from './tracing.ts'

type SpanFacts = Readonly<{ name: string; kind?: SpanKind; attributes?: Attributes }>

type Describe<Method> = Method extends (...args: infer Args) => Promise<unknown> ? (...args: Args) => SpanFacts : never

/** For methods of a port that answer by a promise: the span of a call. */
export type SpansOf<Port> = { readonly [Method in keyof Port]?: Describe<Port[Method]> }

/** Gives a port's calls their spans. */
export type TracePort = <Port extends object>(port: Port, spans: SpansOf<Port>) => Port

/** Only below a span that is recorded: what runs in the background all day has no trace worth keeping. */
export const tracedPort: TracePort = (port, spans) => {
  const calls = Object.entries(spans as Record<string, (...args: unknown[]) => SpanFacts>).map(([method, describe]) => {
    const call = (port as Record<string, (...args: unknown[]) => Promise<unknown>>)[method]
    if (call === undefined) throw new TypeError(`the port has no ${method}`)
    const traced = (...args: unknown[]): Promise<unknown> => {
      if (!isTraced()) return call(...args)
      const { name, kind = SpanKind.CLIENT, attributes = {} } = describe(...args)
      return withSpan(name, { kind, attributes }, () => call(...args))
    }
    return [method, traced] as const
  })
  return { ...port, ...Object.fromEntries(calls) }
}
