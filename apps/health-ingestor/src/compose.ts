import { natsAddress, postgresConnection, redisConnection, streamSettings, usable } from '@oms/adapters/config'
import type { DependencyCheck } from '@oms/adapters/http'
import {
  type ConsumeOptions,
  consumeHealthReports,
  createDeadLetters,
  createEventPublisher,
  decodeHealthReport,
  INGESTOR_STREAMS,
  letterText,
  manageStreams,
  openNats,
  RELAY_STREAMS,
  type TailOptions,
  tailHealthReports,
} from '@oms/adapters/nats'
import {
  createHealthRepository,
  createLeases,
  createOutbox,
  createShownHealth,
  openPostgres,
} from '@oms/adapters/postgres'
import { createHealthCache, openRedis } from '@oms/adapters/redis'
import {
  HEALTH_CACHE_SPANS,
  HEALTH_SPANS,
  type Logger,
  type Metrics,
  observeHealthCache,
  observeNats,
  observePostgres,
  observePublish,
  observeRedis,
  observeStreams,
  type Tracing,
} from '@oms/adapters/telemetry'
import type { HealthIngestorConfig } from './config.ts'

/** What of the stream's shapes the rest of this app handles. */
export type { InboundMessage, Settlement, Tail } from '@oms/adapters/nats'

export type IngestorAdapters = Awaited<ReturnType<typeof openAdapters>>

type Sinks = Readonly<{ log: Logger; metrics: Metrics; tracing: Tracing }>

/** Everything that holds a connection, behind its port; disposed in reverse. Waits for none of them. */
export async function openAdapters(config: HealthIngestorConfig, sinks: Sinks) {
  const { log } = sinks
  const { tracePort, tracePublisher } = sinks.tracing
  await using opening = new AsyncDisposableStack()

  const postgres = opening.use(
    openPostgres({ ...postgresConnection(config), applicationName: 'health-ingestor', ...observePostgres(sinks) }),
  )
  const redis = opening.use(usable('REDIS_URL', () => openRedis(redisConnection(config), observeRedis(sinks))))
  const nats = opening.use(openNats(natsAddress(config, 'health-ingestor'), observeNats(sinks)))
  const streams = opening.use(
    manageStreams(nats, [...INGESTOR_STREAMS, ...RELAY_STREAMS], {
      ...streamSettings(config),
      ...observeStreams(sinks),
    }),
  )

  const checks: readonly DependencyCheck[] = [
    { name: 'postgres', check: postgres.ping, neededForReady: true, neededForServing: false },
    { name: 'redis', check: redis.ping, neededForReady: true, neededForServing: false },
    { name: 'nats', check: nats.ping, neededForReady: true, neededForServing: true },
  ]
  const owned = opening.move()
  return {
    health: tracePort(
      createHealthRepository(postgres.db, {
        onMissingPartition: () => log.error('a partition of the health log was missing and had to be made at once'),
      }),
      HEALTH_SPANS,
    ),
    outbox: createOutbox(postgres.db),
    leases: createLeases(postgres.db),
    shownHealth: createShownHealth(postgres.db),
    healthCache: tracePort(createHealthCache(redis, observeHealthCache(sinks)), HEALTH_CACHE_SPANS),
    publisher: tracePublisher(createEventPublisher(nats, observePublish(sinks))),
    deadLetters: createDeadLetters(nats),
    decode: decodeHealthReport,
    letterText,
    consume: (options: Pick<ConsumeOptions, 'onBatch' | 'onError' | 'batchSize'>) =>
      consumeHealthReports(nats, { ...options, manage: config.NATS_MANAGE_STREAMS, onStreamMissing: streams.check }),
    tail: (options: TailOptions) => tailHealthReports(nats, options),
    /** Calls back whenever Redis is there again, perhaps empty. */
    onCacheBack: redis.onReady,
    /** Calls back on every event that anyone commits. */
    onEventCommitted: (wake: () => void) => postgres.listen('ops_outbox', wake),
    canPublish: () => nats.state() === 'connected',
    checks,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}
