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
  type Logger,
  type Metrics,
  observeHealthCache,
  observeNats,
  observePostgres,
  observePublish,
  observeRedis,
  observeStreams,
  observeVault,
} from '@oms/adapters/telemetry'
import { openVault } from '@oms/adapters/vault'
import type { AdminApiConfig } from './config.ts'

export type AdminAdapters = Awaited<ReturnType<typeof openAdapters>>

/** Everything that holds a connection, behind its port; disposed in reverse. Waits for none of them. */
export async function openAdapters(config: AdminApiConfig, sinks: Readonly<{ log: Logger; metrics: Metrics }>) {
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
    operators: createOperatorRepository(postgres.db),
    routingRules: createRoutingRules(postgres.db),
    auditLog: createAuditLog(postgres.db),
    health: createHealthRepository(postgres.db),
    healthLog: createHealthLog(postgres.db),
    idempotency: createIdempotencyKeys(postgres.db),
    cleanup: createCredentialsCleanup(postgres.db),
    outbox: createOutbox(postgres.db),
    leases: createLeases(postgres.db),
    shownHealth: createShownHealth(postgres.db),
    partitions: createPartitions(postgres.db),
    credentials: vault.credentials,
    healthCache: createHealthCache(redis, observeHealthCache(sinks)),
    publisher: createEventPublisher(nats, observePublish(sinks)),
    /** Calls back on every event that anyone commits. */
    onEventCommitted: (wake: () => void) => postgres.listen('ops_outbox', wake),
    canPublish: () => nats.state() === 'connected',
    checks,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}
