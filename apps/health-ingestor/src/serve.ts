import { relayUnderLease, silenceUnderLease } from '@oms/adapters/background'
import { listenForManagement } from '@oms/adapters/http'
import { createMetrics, type Logger, reportTo, startTracing } from '@oms/adapters/telemetry'
import { createShadowHealth, restoreHealthKeys } from '@oms/domain'
import { randomUUID } from 'node:crypto'
import { hostname } from 'node:os'
import { createBlindMode } from './blind-mode.ts'
import { type IngestorAdapters, openAdapters } from './compose.ts'
import { type HealthIngestorConfig, thresholdsOf } from './config.ts'
import { createIngest } from './ingest.ts'
import { observeIngest } from './observe-ingest.ts'

export type ServeOptions = Readonly<{
  log: Logger
  /** Stands between the adapters and the use cases; for tests that break a step. */
  decorate?: (adapters: IngestorAdapters) => IngestorAdapters
}>

/** The running process: the consumer, the relay, a management listener. Disposing ends it in order. */
export async function serveHealthIngestor(config: HealthIngestorConfig, options: ServeOptions) {
  const { log, decorate = (adapters) => adapters } = options
  const metrics = createMetrics({ app: 'health-ingestor', version: config.SERVICE_VERSION })
  const holder = `health-ingestor@${hostname()}/${randomUUID()}`
  const thresholds = thresholdsOf(config)
  const report = reportTo(log)
  await using opening = new AsyncDisposableStack()
  const tracing = opening.use(
    await startTracing({
      app: 'health-ingestor',
      version: config.SERVICE_VERSION,
      endpoint: config.OTEL_EXPORTER_OTLP_ENDPOINT,
      sampledShare: config.OTEL_TRACES_SAMPLER_ARG,
      onError: (error) => report('send spans', error),
    }),
  )

  const opened = opening.use(await openAdapters(config, { log, metrics, tracing }))
  const adapters = decorate(opened)
  const { healthCache, tail } = adapters
  const management = opening.use(
    await listenForManagement({
      host: config.HOST,
      port: config.MANAGEMENT_PORT,
      checks: adapters.checks,
      metrics,
      log,
    }),
  )
  const relay = relayUnderLease({ ...adapters, holder, log, report, metrics })
  const silence = silenceUnderLease({ ...adapters, holder, log, report, metrics })
  // Together: each may wait for what is frozen, and the process has ten seconds.
  opening.defer(async () => {
    await Promise.all([relay, silence].map((each) => each[Symbol.asyncDispose]()))
  })
  const observed = opening.use(observeIngest({ log, metrics }))
  const blind = opening.use(
    createBlindMode({
      shadow: createShadowHealth({ healthCache, thresholds }),
      decode: adapters.decode,
      tail: (from, onBatch) => tail({ from, onBatch, onError: (error) => report('keep the health keys fresh', error) }),
      onChange: observed.onBlind,
    }),
  )
  opening.defer(
    adapters.onCacheBack(() => {
      restoreHealthKeys(adapters).then(
        (keys) => log.info({ keys }, 'health keys restored'),
        (error: unknown) => report('restore the health keys', error),
      )
    }),
  )
  const consumer = opening.use(
    adapters.consume({
      batchSize: config.HEALTH_BATCH,
      onError: (error) => report('take in health reports', error),
      onBatch: observed.timed(
        createIngest({
          ...adapters,
          thresholds,
          newEventId: randomUUID,
          wakeRelay: relay.wake,
          report,
          onCommit: blind.recorded,
          onRecorded: observed.onRecorded,
          onUnrecorded(reports) {
            blind.unrecorded(reports)
          },
          onUndecodable: observed.onUndecodable,
          onDeadLetter: observed.onDeadLetter,
        }),
      ),
    }),
  )
  metrics.onScrape(async () => {
    const { pending, ackPending, redelivered, oldestAgeSeconds } = await consumer.lag()
    metrics.ingestLag.set(pending + ackPending)
    metrics.ingestAckPending.set(ackPending)
    metrics.ingestRedelivered.set(redelivered)
    metrics.ingestOldestAge.set(oldestAgeSeconds)
  })
  log.info({ managementPort: management.port }, 'health-ingestor is up')

  const owned = opening.move()
  return {
    managementPort: management.port,
    async [Symbol.asyncDispose]() {
      management.drain()
      await owned.disposeAsync()
    },
  }
}
