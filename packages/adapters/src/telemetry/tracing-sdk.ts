import { type ContextManager, ROOT_CONTEXT } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http'
import { resourceFromAttributes } from '@opentelemetry/resources'
import {
  BatchSpanProcessor,
  ParentBasedSampler,
  RandomIdGenerator,
  SamplingDecision,
  type SpanExporter,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from '@opentelemetry/sdk-trace'
import { hostname } from 'node:os'
import type { TracingSettings } from './start-tracing.ts'
import { sampleRootsBy, scopedIds } from './tracing.ts'

const SERVICE = 'operator-management-service'
const EXPORT_WITHIN_MS = 5_000

/** Loaded only when spans are wanted. Whoever called decides whether a trace is sampled; for what begins here, a share does. */
export function createProvider({
  app,
  version,
  endpoint,
  sampledShare,
  onError,
}: TracingSettings & Readonly<{ endpoint: string }>): TracerProvider {
  // https://opentelemetry.io/docs/specs/otel/protocol/exporter/#endpoint-urls-for-otlphttp
  const url = `${endpoint.replace(/\/+$/, '')}/v1/traces`
  const exporter = tellingOfFailures(new OTLPTraceExporter({ url, timeoutMillis: EXPORT_WITHIN_MS }), onError)
  const root = new TraceIdRatioBasedSampler(sampledShare)
  sampleRootsBy((traceId) => root.shouldSample(ROOT_CONTEXT, traceId).decision === SamplingDecision.RECORD_AND_SAMPLED)
  return new TracerProvider({
    // https://opentelemetry.io/docs/specs/semconv/resource/#service
    resource: resourceFromAttributes({
      'service.namespace': SERVICE,
      'service.name': app,
      'service.version': version,
      'service.instance.id': `${hostname()}/${process.pid}`,
    }),
    sampler: new ParentBasedSampler({ root }),
    idGenerator: scopedIds(new RandomIdGenerator()),
    spanLimits: { attributeValueLengthLimit: 256 },
    spanProcessors: [
      new BatchSpanProcessor({
        exporter,
        scheduledDelayMillis: 1_000,
        exportTimeoutMillis: EXPORT_WITHIN_MS,
        maxQueueSize: 8_192,
      }),
    ],
  })
}

export const createContextManager = (): ContextManager => new AsyncLocalStorageContextManager().enable()

/** The SDK keeps failures to itself. */
const tellingOfFailures = (exporter: SpanExporter, onError: (error: unknown) => void): SpanExporter => ({
  export: (spans, done) =>
    exporter.export(spans, (result) => {
      if (result.error !== undefined) onError(result.error)
      done(result)
    }),
  forceFlush: () => exporter.forceFlush?.() ?? Promise.resolve(),
  shutdown: () => exporter.shutdown(),
})
