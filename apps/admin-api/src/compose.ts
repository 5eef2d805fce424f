import {
  natsAddress,
  postgresConnection,
  redisConnection,
  streamSettings,
  usable,
  vaultConnection,
} from '@oms/adapters/config'
import type { DependencyCheck } from '@oms/adapters/http'
import { createEventPublisher, manageStreams, openNats, RELAY_STREAMS } from '@oms/adapters/nats'
import {
  createAuditLog,
  createCredentialsCleanup,
  createHealthLog,
  createHealthRepository,
  createIdempotencyKeys,
  createLeases,
  createOperatorRepository,
  createOutbox,
  createPartitions,
  createRoutingRules,
  createShownHealth,
  openPostgres,
} from '@oms/adapters/postgres'
import { createHealthCache, openRedis } from '@oms/adapters/redis'
import {
  AUDIT_LOG_SPANS,
  credentialsSpans,
  HEALTH_CACHE_SPANS,
  HEALTH_LOG_SPANS,
  type Logger,
  type Metrics,
  observeHealthCache,
  observeNats,
  observePostgres,
  observePublish,
  observeRedis,
  observeStreams,
  observeVault,
  OPERATOR_SPANS,
  ROUTING_RULE_SPANS,
  type Tracing,
} from '@oms/adapters/telemetry'
import { openVault } from '@oms/adapters/vault'
import type { AdminApiConfig } from './config.ts'

export type AdminAdapters = Awaited<ReturnType<typeof openAdapters>>

type Sinks = Readonly<{ log: Logger; metrics: Metrics; tracing: Tracing }>

/** Everything that holds a connection, behind its port; disposed in reverse. Waits for none of them. */
export async function openAdapters(config: AdminApiConfig, sinks: Sinks) {
  const { tracePort, tracePublisher } = sinks.tracing
  await using opening = new AsyncDisposableStack()

  const postgres = opening.use(
    openPostgres({ ...postgresConnection(config), applicationName: 'admin-api', ...observePostgres(sinks) }),
  )
  const redis = opening.use(usable('REDIS_URL', () => openRedis(redisConnection(config), observeRedis(sinks))))
  const nats = opening.use(openNats(natsAddress(config, 'admin-api'), observeNats(sinks)))
  const vault = opening.use(usable('VAULT_CACERT', () => openVault(vaultConnection(config), observeVault(sinks))))
  opening.use(
    manageStreams(nats, RELAY_STREAMS, {
      ...streamSettings(config),
      ...observeStreams(sinks),
    }),
  )

  const checks: readonly DependencyCheck[] = [
    { name: 'postgres', check: postgres.ping, neededForReady: true, neededForServing: true },
    { name: 'vault', check: vault.ping, neededForReady: true, neededForServing: false },
    { name: 'redis', check: redis.ping, neededForReady: false, neededForServing: false },
    { name: 'nats', check: nats.ping, neededForReady: false, neededForServing: false },
  ]
  const owned = opening.move()
  return {
    operators: tracePort(createOperatorRepository(postgres.db), OPERATOR_SPANS),
    routingRules: tracePort(createRoutingRules(postgres.db), ROUTING_RULE_SPANS),
    auditLog: tracePort(createAuditLog(postgres.db), AUDIT_LOG_SPANS),
    health: createHealthRepository(postgres.db),
    healthLog: tracePort(createHealthLog(postgres.db), HEALTH_LOG_SPANS),
    idempotency: createIdempotencyKeys(postgres.db),
    cleanup: createCredentialsCleanup(postgres.db),
    outbox: createOutbox(postgres.db),
    leases: createLeases(postgres.db),
    shownHealth: createShownHealth(postgres.db),
    partitions: createPartitions(postgres.db),
    credentials: tracePort(vault.credentials, credentialsSpans(vault.credentialsPath)),
    credentialsPath: vault.credentialsPath,
    healthCache: tracePort(createHealthCache(redis, observeHealthCache(sinks)), HEALTH_CACHE_SPANS),
    publisher: tracePublisher(createEventPublisher(nats, observePublish(sinks))),
    /** Calls back on every event that anyone commits. */
    onEventCommitted: (wake: () => void) => postgres.listen('ops_outbox', wake),
    canPublish: () => nats.state() === 'connected',
    checks,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}
