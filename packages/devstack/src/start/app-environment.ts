import { join } from 'node:path'
import type { AppName } from './app-process.ts'
import type { LocalDatabase } from './database.ts'

export const JWT_ISSUER = 'https://kong.local'
export const JWT_AUDIENCE = 'operator-management-service'

export type AppPorts = Readonly<Record<AppName, Readonly<{ main?: number; management: number }>>>

export type Surroundings = Readonly<{
  /** Folder of the files that hold secrets. */
  secrets: string
  database: LocalDatabase
  redisUrl: string
  natsUrl: string
  vaultUrl: string
  roleIds: Readonly<Record<'admin-api' | 'internal-api', string>>
  jwtPublicKeyPath: string
  tls: Readonly<{ cert: string; key: string; ca: string; clients: string }>
  /** Absent: the defaults of each app's configuration. */
  ports?: AppPorts
}>

/** The file in which an app finds its AppRole's secret id. */
export const secretIdPath = (secrets: string, app: string): string => join(secrets, `${app}-secret-id`)

/** The file with what keys the fingerprints of idempotent requests. */
export const idempotencySecretPath = (secrets: string): string => join(secrets, 'idempotency-secret')

/** The configuration that each app would get from its Deployment. */
export function appEnvironment(app: AppName, around: Surroundings): Readonly<Record<string, string>> {
  const ports = around.ports?.[app]
  return {
    PATH: process.env.PATH ?? '',
    NODE_ENV: 'development',
    LOG_LEVEL: process.env.LOG_LEVEL ?? 'info',
    HOST: '127.0.0.1',
    ...(ports?.main === undefined ? {} : { PORT: String(ports.main) }),
    ...(ports === undefined ? {} : { MANAGEMENT_PORT: String(ports.management) }),
    DATABASE_URL: around.database.runtimeUrl,
    DATABASE_PASSWORD_PATH: join(around.secrets, 'database-password'),
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
    IDEMPOTENCY_SECRET_PATH: idempotencySecretPath(around.secrets),
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

const vault = (app: 'admin-api' | 'internal-api', { secrets, roleIds, vaultUrl }: Surroundings) => ({
  VAULT_ADDR: vaultUrl,
  VAULT_AUTH_METHOD: 'approle',
  VAULT_ROLE_ID: roleIds[app],
  VAULT_SECRET_ID_PATH: secretIdPath(secrets, app),
})
