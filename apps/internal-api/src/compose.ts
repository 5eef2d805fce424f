import { postgresConnection, redisConnection, usable, vaultConnection } from '@oms/adapters/config'
import { type DependencyCheck, openMutualTls } from '@oms/adapters/http'
import {
  createHealthRepository,
  createOperatorDirectory,
  createOperatorRepository,
  openPostgres,
} from '@oms/adapters/postgres'
import { createHealthCache, openRedis } from '@oms/adapters/redis'
import {
  credentialsSpans,
  DIRECTORY_SPANS,
  HEALTH_CACHE_SPANS,
  HEALTH_SPANS,
  type Logger,
  type Metrics,
  observeHealthCache,
  observePostgres,
  observeRedis,
  observeVault,
  OPERATOR_SPANS,
  type Tracing,
} from '@oms/adapters/telemetry'
import { openVault } from '@oms/adapters/vault'
import type { InternalApiConfig } from './config.ts'
import { CLIENT_ROUTES } from './routes/internal-route.ts'

export type InternalAdapters = Awaited<ReturnType<typeof openAdapters>>

type Sinks = Readonly<{ log: Logger; metrics: Metrics; tracing: Tracing }>

/** Everything that holds a connection, behind its port; disposed in reverse. */
export async function openAdapters(config: InternalApiConfig, sinks: Sinks) {
  const { tracePort } = sinks.tracing
  await using opening = new AsyncDisposableStack()

  const postgres = opening.use(
    openPostgres({
      ...postgresConnection(config),
      applicationName: 'internal-api',
      ...observePostgres(sinks),
    }),
  )
  const redis = opening.use(usable('REDIS_URL', () => openRedis(redisConnection(config), observeRedis(sinks))))
  const vault = opening.use(usable('VAULT_CACERT', () => openVault(vaultConnection(config), observeVault(sinks))))
  const tls = opening.use(
    await usable('TLS_*_PATH, INTERNAL_CLIENTS_PATH', () =>
      openMutualTls({
        routes: CLIENT_ROUTES,
        paths: {
          cert: config.TLS_CERT_PATH,
          key: config.TLS_KEY_PATH,
          ca: config.TLS_CA_PATH,
          crl: config.TLS_CRL_PATH,
          clients: config.INTERNAL_CLIENTS_PATH,
        },
        ...sinks,
      }),
    ),
  )

  const checks: readonly DependencyCheck[] = [
    { name: 'postgres', check: postgres.ping, neededForReady: true, neededForServing: true },
    { name: 'vault', check: vault.ping, neededForReady: true, neededForServing: false },
    { name: 'redis', check: redis.ping, neededForReady: false, neededForServing: false },
  ]
  const owned = opening.move()
  return {
    operators: tracePort(createOperatorRepository(postgres.db), OPERATOR_SPANS),
    directory: tracePort(createOperatorDirectory(postgres.db), DIRECTORY_SPANS),
    health: tracePort(createHealthRepository(postgres.db), HEALTH_SPANS),
    healthCache: tracePort(createHealthCache(redis, observeHealthCache(sinks)), HEALTH_CACHE_SPANS),
    credentials: tracePort(vault.credentials, credentialsSpans(vault.credentialsPath)),
    credentialsPath: vault.credentialsPath,
    tls,
    checks,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}
