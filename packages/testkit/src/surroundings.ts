import { databaseOn, migratedDatabase, type TestDatabase } from '@oms/adapters/testing'
import { type Devstack, type ServiceHandle, type ServiceName, startDevstack } from '@oms/devstack'
import { ALLOWED_CLIENTS, type AppName, appEnvironment, idempotencySecretPath, keptSecret } from '@oms/devstack/local'
import { createDevJwtKeys, createDevPki, type DevPki, type JwtKeys } from '@oms/devstack/pki'
import { bootstrapVault, type DevVault, type DevVaultOptions, startDevVault } from '@oms/devstack/vault'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** What a test has to offer: tap's `t` does. */
export type Test = Readonly<{ teardown(end: () => PromiseLike<void>): void }>

export type SurroundingsOptions = Readonly<{
  /** PostgreSQL of the test's own, that it may stop; else a database of its own on the shared one. */
  ownPostgres?: boolean
  vault?: DevVaultOptions
}>

export type Surroundings = Readonly<{
  folder: string
  database: TestDatabase
  /** Only with `ownPostgres`. */
  postgres: ServiceHandle | undefined
  redis: ServiceHandle
  nats: ServiceHandle
  vault: DevVault
  pki: DevPki
  jwtKeys: JwtKeys
  /** The environment of an app, as its Deployment would have it. */
  environmentOf(app: AppName): Readonly<Record<string, string>>
}>

/** Everything around the apps: NATS, Redis and Vault of the test's own, a fresh database, certificates and keys. */
export async function surround(
  t: Test,
  into: AsyncDisposableStack,
  options: SurroundingsOptions,
): Promise<Surroundings> {
  const folder = await mkdtemp(join(tmpdir(), 'oms-service-'))
  into.defer(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }))
  const services: readonly ServiceName[] = options.ownPostgres ? ['redis', 'nats', 'postgres'] : ['redis', 'nats']
  const [stack, vault, pki, jwtKeys] = await Promise.all([
    startDevstack({ services }).then((one): Devstack => into.use(one)),
    startDevVault(options.vault).then((one) => into.use(one)),
    createDevPki(join(folder, 'tls')),
    createDevJwtKeys(join(folder, 'jwt')),
    keptSecret(idempotencySecretPath(folder)),
  ])
  const database = await (options.ownPostgres ? databaseOn(t, stack.postgres.url) : migratedDatabase(t))
  const prepared = await bootstrapVault({ url: vault.url, token: vault.rootToken })
  const runtime = new URL(database.url)
  await writeFile(join(folder, 'database-password'), runtime.password, { mode: 0o600 })
  runtime.password = ''
  const clients = join(folder, 'clients.json')
  await writeFile(clients, JSON.stringify(ALLOWED_CLIENTS))
  const logins = await Promise.all(
    (['admin-api', 'internal-api'] as const).map(async (app) => {
      const { roleId, secretId } = await prepared.issueAppRole(app)
      await writeFile(join(folder, `${app}-secret-id`), secretId, { mode: 0o600 })
      return [app, roleId] as const
    }),
  )
  const around = {
    secrets: folder,
    database: { ownerUrl: database.ownerUrl, runtimeUrl: runtime.href },
    redisUrl: stack.redis.url,
    natsUrl: stack.nats.url,
    vaultUrl: vault.url,
    roleIds: Object.fromEntries(logins) as Record<'admin-api' | 'internal-api', string>,
    jwtPublicKeyPath: jwtKeys.publicKeyPath,
    tls: { ...pki.server, ca: pki.ca, clients },
  }
  return {
    folder,
    database,
    postgres: options.ownPostgres ? stack.postgres : undefined,
    redis: stack.redis,
    nats: stack.nats,
    vault,
    pki,
    jwtKeys,
    environmentOf: (app) => ({
      ...appEnvironment(app, around),
      NODE_ENV: 'test',
      // A machine on which everything is slow is no overload that a test brought about.
      MAX_EVENT_LOOP_DELAY_MS: '60000',
    }),
  }
}
