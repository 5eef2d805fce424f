import { join } from 'node:path'
import type { AppName } from './app-process.ts'
import type { Layout } from './layout.ts'
import type { LocalDatabase } from './database.ts'

export const JWT_ISSUER = 'https://kong.local'
export const JWT_AUDIENCE = 'operator-management-service'

export type AppPorts = Readonly<Record<AppName, Readonly<{ main?: number; management: number }>>>

export type Surroundings = Readonly<{
  layout: Layout
  database: LocalDatabase
  redisUrl: string
  natsUrl: string
  vaultUrl: string
  roleIds: Readonly<Record<'admin-api' | 'internal-api', string>>
  jwtPublicKeyPath: string
  tls: Readonly<{ cert: string; key: string; ca: string; clients: string }>
  ports: AppPorts
}>

/** The file in which an app finds its AppRole's secret id. */
export const secretIdPath = (layout: Layout, app: string): string => join(layout.secrets, `${app}-secret-id`)

/** The configuration that each app would get from its Deployment. */
export function appEnvironment(app: AppName, around: Surroundings): Readonly<Record<string, string>> {
  const { layout, ports } = around
  const { main, management } = ports[app]
  return {
    PATH: process.env.PATH ?? '',
    NODE_ENV: 'development',
    LOG_LEVEL: process.env.LOG_LEVEL ?? 'info',
    HOST: '127.0.0.1',
    ...(main === undefined ? {} : { PORT: String(main) }),
    MANAGEMENT_PORT: String(management),
    DATABASE_URL: around.database.runtimeUrl,
    DATABASE_PASSWORD_PATH: join(layout.secrets, 'database-password'),
    REDIS_URL: around.redisUrl,
    NATS_URL: around.natsUrl,
    ...OF_APP[app](around),
  }
}

const OF_APP: Readonly<Record<AppName, (around: Surroundings) => Record<string, string>>> = {
  'admin-api': (around) => ({
    ...vault('admin-api', around),
    JWT_PUBLIC_KEY_PATH: around.jwtPublicKeyPath,
    JWT_ISSUER,
    JWT_AUDIENCE,
  }),
  'internal-api': (around) => ({
    ...vault('internal-api', around),
    TLS_CERT_PATH: around.tls.cert,
    TLS_KEY_PATH: around.tls.key,
    TLS_CA_PATH: around.tls.ca,
    INTERNAL_CLIENTS_PATH: around.tls.clients,
  }),
  'health-ingestor': () => ({}),
}

const vault = (app: 'admin-api' | 'internal-api', { layout, roleIds, vaultUrl }: Surroundings) => ({
  VAULT_ADDR: vaultUrl,
  VAULT_AUTH_METHOD: 'approle',
  VAULT_ROLE_ID: roleIds[app],
  VAULT_SECRET_ID_PATH: secretIdPath(layout, app),
})
