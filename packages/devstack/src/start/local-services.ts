import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { type Devstack, startDevstack } from '../devstack.ts'
import { createDevJwtKeys, createDevPki, type DevPki, type JwtKeys, spiffeId } from '../pki/index.ts'
import { writePrivate } from '../pki/files.ts'
import type { Progress } from '../service.ts'
import { bootstrapVault, type DevVault, startDevVault } from '../vault/index.ts'
import { idempotencySecretPath, secretIdPath } from './app-environment.ts'
import { type LocalDatabase, prepareDatabase } from './database.ts'
import { keptSecret } from './kept-secret.ts'
import type { Layout } from './layout.ts'

export type LocalServices = Readonly<{
  stack: Devstack
  vault: DevVault
  pki: DevPki
  jwtKeys: JwtKeys
  database: LocalDatabase
  roleIds: Readonly<Record<'admin-api' | 'internal-api', string>>
  /** Path of the allow-list of the internal API. */
  clients: string
}>

const PREFERRED_PORTS = { postgres: 5432, redis: 6379, nats: 4222 } as const
const PREFERRED_VAULT_PORT = 8200

/** Everything that the apps need, started or made, in `into`; what a former run left is used again. */
export async function startLocalServices(
  layout: Layout,
  { into, say }: Readonly<{ into: AsyncDisposableStack; say: Progress }>,
): Promise<LocalServices> {
  await mkdir(layout.logs, { recursive: true, mode: 0o700 })
  const [stack, vault, pki, jwtKeys, databasePassword] = await Promise.all([
    startDevstack({ dir: layout.data, durable: true, ports: PREFERRED_PORTS, onProgress: say }).then((one) =>
      into.use(one),
    ),
    startVault(layout, say).then((one) => into.use(one)),
    createDevPki(layout.tls),
    createDevJwtKeys(layout.jwt),
    keptSecret(join(layout.secrets, 'database-password')),
    keptSecret(idempotencySecretPath(layout.secrets)),
  ])
  const database = await prepareDatabase(stack.postgres.url, databasePassword)
  const prepared = await bootstrapVault({ url: vault.url, token: vault.rootToken })
  const logins = await Promise.all(
    (['admin-api', 'internal-api'] as const).map(async (app) => {
      const { roleId, secretId } = await prepared.issueAppRole(app)
      await writePrivate(secretIdPath(layout.secrets, app), `${secretId}\n`)
      return [app, roleId] as const
    }),
  )
  const clients = join(layout.tls, 'clients.json')
  await writePrivate(clients, `${JSON.stringify(ALLOWED_CLIENTS, null, 2)}\n`)
  const roleIds = Object.fromEntries(logins) as LocalServices['roleIds']
  return { stack, vault, pki, jwtKeys, database, roleIds, clients }
}

/** Which peer service may call which route of the internal API. */
export const ALLOWED_CLIENTS = {
  [spiffeId('smpp-connector')]: ['credentials', 'directory', 'health'],
  [spiffeId('routing-engine')]: ['directory', 'health'],
}

async function startVault(layout: Layout, say: Progress): Promise<DevVault> {
  const rootToken = await keptSecret(join(layout.vault, 'root-token'))
  const start = (port: number) => startDevVault({ dir: layout.vault, port, rootToken, log: say })
  try {
    return await start(PREFERRED_VAULT_PORT)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error
    const vault = await start(0)
    say(`Port ${PREFERRED_VAULT_PORT} is taken, so Vault takes ${vault.port}`)
    return vault
  }
}
