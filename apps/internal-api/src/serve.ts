import { listen, listenForManagement } from '@oms/adapters/http'
import { createMetrics, type Logger, openTrace, reportTo, startTracing } from '@oms/adapters/telemetry'
import { buildInternalApp } from './app.ts'
import { type InternalAdapters, openAdapters } from './compose.ts'
import type { InternalApiConfig } from './config.ts'
import { createObserve } from './observe.ts'

export type ServeOptions = Readonly<{
  log: Logger
  /** Stands between the adapters and the use cases; for tests that break a step. */
  decorate?: (adapters: InternalAdapters) => InternalAdapters
}>

/** The running process: two listeners and what is behind them. Disposing ends it in order. */
export async function serveInternalApi(config: InternalApiConfig, options: ServeOptions) {
  const { log, decorate = (adapters) => adapters } = options
  const metrics = createMetrics({ app: 'internal-api', version: config.SERVICE_VERSION })
  const report = reportTo(log)
  await using opening = new AsyncDisposableStack()
  const tracing = opening.use(
    await startTracing({
      app: 'internal-api',
      version: config.SERVICE_VERSION,
      endpoint: config.OTEL_EXPORTER_OTLP_ENDPOINT,
      sampledShare: config.OTEL_TRACES_SAMPLER_ARG,
      onError: (error) => report('send spans', error),
    }),
  )

  const adapters = decorate(opening.use(await openAdapters(config, { log, metrics, tracing })))
  const management = opening.use(
    await listenForManagement({
      host: config.HOST,
      port: config.MANAGEMENT_PORT,
      checks: adapters.checks,
      metrics,
      log,
    }),
  )
  const ports = { ...adapters, observe: createObserve(metrics) }
  const app = await buildInternalApp(ports, { log, metrics, openTrace, tls: adapters.tls })
  const server = opening.use(await listen(app, { host: config.HOST, port: config.PORT }))
  log.info({ url: server.url, managementPort: management.port }, 'internal-api is up')

  const owned = opening.move()
  return {
    url: server.url,
    managementPort: management.port,
    async [Symbol.asyncDispose]() {
      management.drain()
      await owned.disposeAsync()
    },
  }
}
