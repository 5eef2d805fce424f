import { connection } from './connection.ts'
import type { Secret } from '@oms/domain'
import type { Static, TObject } from '@sinclair/typebox'
import type { databaseVariables, natsVariables, redisVariables, vaultVariables } from './variables.ts'

type Of<Variables extends Parameters<typeof Object.keys>[0]> = Variables extends TObject['properties']
  ? Static<TObject<Variables>>
  : never

/** How to reach PostgreSQL as the runtime role. Throws `ConfigError` when the password's file cannot be read. */
export function postgresConnection(config: Of<typeof databaseVariables>) {
  const { url, password } = connection(config.DATABASE_URL, ['DATABASE_PASSWORD_PATH', config.DATABASE_PASSWORD_PATH])
  return {
    url,
    ...(password === undefined ? {} : { password }),
    // The password is the same one: a URL of its own only leads around the pooler.
    ...(config.DATABASE_DIRECT_URL === undefined ? {} : { directUrl: connection(config.DATABASE_DIRECT_URL).url }),
    pool: config.DATABASE_POOL,
    prepare: config.DATABASE_PREPARE,
  }
}

/** How to reach Redis. Throws `ConfigError` when the password's file cannot be read. */
export const redisConnection = (config: Of<typeof redisVariables>): { url: string; password?: Secret } =>
  connection(config.REDIS_URL, ['REDIS_PASSWORD_PATH', config.REDIS_PASSWORD_PATH])

export const natsAddress = (config: Of<typeof natsVariables>, name: string) => ({
  servers: config.NATS_URL.split(',').map((server) => server.trim()),
  name,
  ...(config.NATS_CREDS_PATH === undefined ? {} : { credsPath: config.NATS_CREDS_PATH }),
  ...(config.NATS_TLS_CA_PATH === undefined && config.NATS_TLS_CERT_PATH === undefined
    ? {}
    : {
        tls: {
          ...(config.NATS_TLS_CA_PATH === undefined ? {} : { caPath: config.NATS_TLS_CA_PATH }),
          ...(config.NATS_TLS_CERT_PATH === undefined ? {} : { certPath: config.NATS_TLS_CERT_PATH }),
          ...(config.NATS_TLS_KEY_PATH === undefined ? {} : { keyPath: config.NATS_TLS_KEY_PATH }),
        },
      }),
})

/** How streams are made, beside what is agreed of each. */
export const streamSettings = (config: Of<typeof natsVariables>) => ({
  manage: config.NATS_MANAGE_STREAMS,
  replicas: config.NATS_REPLICAS,
  storage: config.NATS_STORAGE,
  ages: Object.fromEntries(
    (config.NATS_STREAM_AGES?.split(',') ?? []).map((each): [string, number] => {
      const [stream = '', seconds] = each.split('=')
      return [stream, Number(seconds)]
    }),
  ),
})

export const vaultConnection = (config: Of<typeof vaultVariables>) => ({
  address: config.VAULT_ADDR,
  auth: vaultLogin(config),
  kvMount: config.VAULT_KV_MOUNT,
  ...(config.VAULT_NAMESPACE === undefined ? {} : { namespace: config.VAULT_NAMESPACE }),
  ...(config.VAULT_CACERT === undefined ? {} : { caPath: config.VAULT_CACERT }),
})

/** `vaultRules` have seen to it that what the method needs is there. */
function vaultLogin(config: Of<typeof vaultVariables>) {
  switch (config.VAULT_AUTH_METHOD) {
    case 'kubernetes':
      return { method: 'kubernetes', role: config.VAULT_ROLE ?? '', jwtPath: config.VAULT_JWT_PATH } as const
    case 'approle':
      return {
        method: 'approle',
        roleId: config.VAULT_ROLE_ID ?? '',
        secretIdPath: config.VAULT_SECRET_ID_PATH ?? '',
      } as const
    case 'token':
      return { method: 'token', tokenPath: config.VAULT_TOKEN_PATH ?? '' } as const
  }
}
