import { postgresConnection, redisConnection, usable, vaultConnection } from '@oms/adapters/config'
import { createOperatorDirectory, createOperatorRepository, openPostgres } from '@oms/adapters/postgres'
import { createHealthCache, openRedis } from '@oms/adapters/redis'
import { type Logger, reportTo } from '@oms/adapters/telemetry'
import { openVault } from '@oms/adapters/vault'
import type { OperatorId } from '@oms/domain'
import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { MigrationConfig } from './config.ts'
import { CouldNotRun } from './could-not-run.ts'

const REACHED_WITHIN_MS = 10_000

export type MigrationPorts = Awaited<ReturnType<typeof openPorts>>

/** Everything that holds a connection, once PostgreSQL and Vault answer. Rejects with CouldNotRun or ConfigError. */
export async function openPorts(config: MigrationConfig, log: Logger) {
  await using opening = new AsyncDisposableStack()
  const postgres = opening.use(
    openPostgres({ ...postgresConnection(config), applicationName: 'migrate-operators', log }),
  )
  const redis = opening.use(usable('REDIS_URL', () => openRedis(redisConnection(config))))
  const vault = opening.use(usable('VAULT_CACERT', () => openVault(vaultConnection(config))))
  await Promise.all([reached('PostgreSQL', postgres.ping), reached('Vault', vault.ping)])

  const owned = opening.move()
  return {
    operators: createOperatorRepository(postgres.db),
    directory: createOperatorDirectory(postgres.db),
    credentials: vault.credentials,
    healthCache: createHealthCache(redis, {}),
    credentialsRetentionDays: config.CREDENTIALS_RETENTION_DAYS,
    newOperatorId: () => randomUUID() as string as OperatorId,
    newRuleId: (): string => randomUUID(),
    newEventId: (): string => randomUUID(),
    elapsedMs: () => performance.now(),
    // The relay runs in the apps; the database tells it of each commit.
    wakeRelay: () => undefined,
    report: reportTo(log),
    pause: async (milliseconds: number, signal: AbortSignal) => {
      await sleep(milliseconds, undefined, { signal }).catch(() => undefined)
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}

async function reached(what: string, ping: (signal: AbortSignal) => Promise<void>): Promise<void> {
  const limit = AbortSignal.timeout(REACHED_WITHIN_MS)
  for (;;) {
    try {
      return await ping(limit)
    } catch (error) {
      if (limit.aborted) throw new CouldNotRun(`${what} is out of reach`, { cause: error })
      await sleep(200)
    }
  }
}
