import { context, trace } from '@opentelemetry/api'
import type { EventPublisher } from '@oms/domain'
import { AsyncLocalStorage } from 'node:async_hooks'
import type { App } from './metric-family.ts'
import { type TracePort, tracedPort } from './port-spans.ts'
import { tracedPublisher } from './traced-publisher.ts'

export type TracingSettings = Readonly<{
  app: App
  version: string
  /** Base address of an OTLP/HTTP receiver; without one nothing is recorded, sent or even loaded. */
  endpoint: string | undefined
  /** Of the traces that begin here, 0 to 1. */
  sampledShare: number
  /** Spans that could not be sent are lost; told each time, outside of any trace. */
  onError: (error: unknown) => void
}>

/** Disposing sends what is left and takes at most two seconds. */
export type Tracing = AsyncDisposable &
  Readonly<{ tracePort: TracePort; tracePublisher: (publisher: EventPublisher) => EventPublisher }>

/** Every port as it is. */
export const NO_TRACING: Tracing = {
  tracePort: (port) => port,
  tracePublisher: (publisher) => publisher,
  [Symbol.asyncDispose]: () => Promise.resolve(),
}

const CLOSE_WITHIN_MS = 2_000

/** Sends the spans of this process from now on, if there is somebody to send them to. Once in a process. */
export async function startTracing({ endpoint, ...settings }: TracingSettings): Promise<Tracing> {
  if (endpoint === undefined) return NO_TRACING
  const { createProvider, createContextManager } = await import('./tracing-sdk.ts')
  // The SDK sends from within the request whose span came first, which has no part in what fails then.
  const onError = AsyncLocalStorage.bind(settings.onError)
  const provider = createProvider({ ...settings, endpoint, onError })
  context.setGlobalContextManager(createContextManager())
  trace.setGlobalTracerProvider(provider)
  return {
    tracePort: tracedPort,
    tracePublisher: tracedPublisher,
    async [Symbol.asyncDispose]() {
      const late = Promise.withResolvers<never>()
      const timer = setTimeout(() => {
        late.reject(new Error(`the last spans were not taken within ${CLOSE_WITHIN_MS} ms`))
      }, CLOSE_WITHIN_MS)
      await Promise.race([provider.shutdown(), late.promise]).catch(onError)
      clearTimeout(timer)
      trace.disable()
      context.disable()
    },
  }
}
