import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import type { Test } from './surroundings.ts'

type Value = Readonly<{ stringValue?: string; intValue?: number | string; doubleValue?: number; boolValue?: boolean }>
type KeyValue = Readonly<{ key: string; value: Value }>
type WireSpan = Readonly<{
  traceId: string
  spanId: string
  parentSpanId?: string
  name: string
  kind: number
  attributes?: readonly KeyValue[]
  links?: readonly Readonly<{ traceId: string; spanId: string }>[]
  events?: readonly Readonly<{ name: string; attributes?: readonly KeyValue[] }>[]
  status: Readonly<{ code?: number; message?: string }>
}>
type Export = Readonly<{
  resourceSpans: readonly Readonly<{
    resource: Readonly<{ attributes: readonly KeyValue[] }>
    scopeSpans: readonly Readonly<{ spans: readonly WireSpan[] }>[]
  }>[]
}>

export type Attributes = Readonly<Record<string, string | number | boolean | undefined>>

/** A span as it was sent; `app` is the `service.name` of its sender, `kind` as OTLP numbers it (2 server … 5 consumer). */
export type SentSpan = Readonly<{
  app: string
  version: string
  traceId: string
  spanId: string
  parentSpanId: string | undefined
  name: string
  kind: number
  attributes: Attributes
  links: readonly string[]
  events: readonly Readonly<{ name: string; attributes: Attributes }>[]
  failed: boolean
}>

export type OtlpReceiver = Readonly<{
  /** For `OTEL_EXPORTER_OTLP_ENDPOINT`. */
  endpoint: string
  spans(): readonly SentSpan[]
  /** All that was sent, as it came. */
  received(): string
  /** Refuses connections from now on. */
  stop(): Promise<void>
}>

/**
 * A receiver of traces as a collector is one, opentelemetry.io/docs/specs/otlp/#otlphttp, in its JSON encoding; ends with the
 * test.
 */
export async function startOtlpReceiver(t: Test): Promise<OtlpReceiver> {
  const bodies: string[] = []
  const server = createServer((request, response) => {
    void text(request).then((body) => {
      const known = request.method === 'POST' && request.url === '/v1/traces'
      if (known) bodies.push(body)
      response.writeHead(known ? 200 : 404, { 'content-type': 'application/json' }).end('{}')
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const stop = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve())
      server.closeAllConnections()
    })
  t.teardown(stop)
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    spans: () => bodies.flatMap((body) => spansOf(JSON.parse(body) as Export)),
    received: () => bodies.join('\n'),
    stop,
  }
}

const spansOf = ({ resourceSpans }: Export): SentSpan[] =>
  resourceSpans.flatMap(({ resource, scopeSpans }) => {
    const { 'service.name': app, 'service.version': version } = attributesOf(resource.attributes)
    const sender = { app: String(app), version: String(version) }
    return scopeSpans.flatMap(({ spans }) => spans.map((span) => ({ ...sender, ...sentSpan(span) })))
  })

const ERROR = 2

const sentSpan = (span: WireSpan): Omit<SentSpan, 'app' | 'version'> => ({
  traceId: span.traceId,
  spanId: span.spanId,
  parentSpanId: span.parentSpanId,
  name: span.name,
  kind: span.kind,
  attributes: attributesOf(span.attributes),
  links: (span.links ?? []).map(({ spanId }) => spanId),
  events: (span.events ?? []).map(({ name, attributes }) => ({ name, attributes: attributesOf(attributes) })),
  failed: span.status.code === ERROR,
})

const attributesOf = (pairs: readonly KeyValue[] = []): Attributes =>
  Object.fromEntries(
    pairs.map(({ key, value }) => [
      key,
      value.stringValue ?? value.boolValue ?? value.doubleValue ?? (value.intValue && Number(value.intValue)),
    ]),
  )
