import { type TSchema, Type } from '@sinclair/typebox'

/** Fragments of configuration that several apps share; spread them into the `Type.Object` of an app. */

const oneOf = <const V extends string>(values: readonly V[], options: { description: string; default?: V }) =>
  Type.Union(
    values.map((value) => Type.Literal(value)),
    options,
  ) as ReturnType<typeof Type.Unsafe<V>> & TSchema

const urlLike = (pattern: string) => (description: string) => Type.String({ format: 'url', pattern, description })
const httpUrl = urlLike('^https?://[^/?#@]+(?:/.*)?$')
const postgresUrl = urlLike('^postgres(?:ql)?://')
const redisUrl = urlLike('^redis(?:s|\\+sentinel|\\+cluster)?://')
const natsUrl = urlLike('^(?:nats|tls)://')
const file = (description: string) => Type.Optional(Type.String({ format: 'path', description }))
const port = (fallback: number, description: string) =>
  Type.Integer({ minimum: 0, maximum: 65_535, default: fallback, description })

export const commonVariables = {
  NODE_ENV: oneOf(['development', 'test', 'production'], {
    default: 'development',
    description: 'In `production` a URL that holds a password is refused.',
  }),
  LOG_LEVEL: oneOf(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'], {
    default: 'info',
    description: 'Least severe level that is logged.',
  }),
  SERVICE_VERSION: Type.String({
    minLength: 1,
    default: 'development',
    description: 'Version that runs; set by the image.',
  }),
  HOST: Type.String({ minLength: 1, default: '0.0.0.0', description: 'Address that the listeners bind.' }),
  OTEL_EXPORTER_OTLP_ENDPOINT: Type.Optional(
    httpUrl(
      'Receiver of traces by OTLP over HTTP, without `/v1/traces`: `http://otel-collector:4318`. Absent: no spans are made.',
    ),
  ),
  OTEL_TRACES_SAMPLER_ARG: Type.Number({
    minimum: 0,
    maximum: 1,
    default: 1,
    description: 'Share of the traces that begin here that are recorded; where a caller began one, the caller decides.',
  }),
}

export const listenVariables = (fallback: number) => ({
  PORT: port(fallback, 'Port of the main listener; 0 takes a free one.'),
})

export const managementVariables = (fallback: number) => ({
  MANAGEMENT_PORT: port(fallback, 'Port of `/metrics` and `/health/*`, plain HTTP, for the cluster only.'),
})

export const databaseVariables = {
  DATABASE_URL: postgresUrl('PostgreSQL, as the runtime role; may point at PgBouncer.'),
  DATABASE_DIRECT_URL: Type.Optional(
    postgresUrl(
      'PostgreSQL without PgBouncer, needed for LISTEN. Absent: the same as `DATABASE_URL`. Where it differs, the time-outs ' +
        'that a pooler does not pass on belong to the role: `ALTER ROLE … SET statement_timeout = 2500`, ' +
        '`lock_timeout = 2000`, `idle_in_transaction_session_timeout = 20000`.',
    ),
  ),
  DATABASE_PASSWORD_PATH: file('File with the password of the runtime role.'),
  DATABASE_PREPARE: Type.Boolean({
    default: true,
    description: 'Use prepared statements; `false` behind a PgBouncer that cannot keep them.',
  }),
  DATABASE_POOL: Type.Integer({ minimum: 2, maximum: 200, default: 10, description: 'Connections per process.' }),
}

export const migrationVariables = {
  DATABASE_MIGRATION_URL: postgresUrl('PostgreSQL, as the owner role that runs migrations.'),
  DATABASE_MIGRATION_PASSWORD_PATH: file('File with the password of the owner role.'),
}

export const redisVariables = {
  REDIS_URL: redisUrl('`redis://`, `rediss://`, `redis+sentinel://h1,h2/name` or `redis+cluster://h1,h2`.'),
  REDIS_PASSWORD_PATH: file('File with the password of Redis.'),
}

export const natsVariables = {
  NATS_URL: natsUrl('NATS servers, comma-separated.'),
  NATS_CREDS_PATH: file('Credentials file of the NATS user.'),
  NATS_TLS_CA_PATH: file('CA bundle that signs the NATS servers.'),
  NATS_TLS_CERT_PATH: file('Client certificate for NATS.'),
  NATS_TLS_KEY_PATH: file('Key of the client certificate for NATS.'),
  NATS_MANAGE_STREAMS: Type.Boolean({
    default: true,
    description: 'Make and update streams and consumers at each connect; `false` leaves them alone.',
  }),
  NATS_REPLICAS: Type.Integer({ minimum: 1, maximum: 5, default: 1, description: 'Replicas of each stream.' }),
  NATS_STORAGE: oneOf(['file', 'memory'], { default: 'file', description: 'Where streams are made to live.' }),
  NATS_STREAM_AGES: Type.Optional(
    Type.String({
      pattern: '^[A-Z_]+=[1-9]\\d{0,8}(?:,[A-Z_]+=[1-9]\\d{0,8})*$',
      description: 'Seconds that a stream keeps its messages, where other than agreed: `OPERATOR_HEALTH=172800,…`.',
    }),
  ),
}

export const vaultVariables = {
  VAULT_ADDR: httpUrl('Address of Vault, without `/v1`.'),
  VAULT_AUTH_METHOD: oneOf(['kubernetes', 'approle', 'token'], {
    default: 'kubernetes',
    description: 'How the app logs in.',
  }),
  VAULT_ROLE: Type.Optional(Type.String({ description: 'Role of the Kubernetes login.' })),
  VAULT_ROLE_ID: Type.Optional(Type.String({ description: 'Role id of the AppRole login.' })),
  VAULT_SECRET_ID_PATH: file('File with the secret id of the AppRole login.'),
  VAULT_JWT_PATH: Type.String({
    format: 'path',
    default: '/var/run/secrets/kubernetes.io/serviceaccount/token',
    description: 'Service-account token of the Kubernetes login; read again at each login.',
  }),
  VAULT_TOKEN_PATH: file('File with a token, for local use.'),
  VAULT_NAMESPACE: Type.Optional(Type.String({ description: 'Namespace (Vault Enterprise, OpenBao).' })),
  VAULT_CACERT: file('CA bundle that signs Vault.'),
  VAULT_KV_MOUNT: Type.String({
    pattern: '^[\\w-][\\w.-]*(?:/[\\w-][\\w.-]*)*$',
    default: 'secret',
    description: 'Mount of the KV v2 engine.',
  }),
}

export const jwtVariables = {
  JWT_JWKS_URL: Type.Optional(httpUrl('JWKS of the issuer. Either this or `JWT_PUBLIC_KEY_PATH`.')),
  JWT_PUBLIC_KEY_PATH: file('Public key (PEM, SPKI) of the issuer. Either this or `JWT_JWKS_URL`.'),
  JWT_ISSUER: Type.String({ minLength: 1, description: 'Expected `iss`.' }),
  JWT_AUDIENCE: Type.String({ minLength: 1, description: 'Expected `aud`.' }),
}

const requiredFile = (description: string) => Type.String({ format: 'path', description })

export const mutualTlsVariables = {
  TLS_CERT_PATH: requiredFile('Server certificate chain (PEM); watched.'),
  TLS_KEY_PATH: requiredFile('Key of the server certificate (PEM); watched.'),
  TLS_CA_PATH: requiredFile('CA bundle that signs clients (PEM); watched.'),
  TLS_CRL_PATH: file('Revocation lists of that CA (PEM); watched.'),
  INTERNAL_CLIENTS_PATH: requiredFile('JSON: client identity → names of the routes it may call; watched.'),
}

export const idempotencyVariables = {
  IDEMPOTENCY_SECRET_PATH: requiredFile(
    'File with the secret, at least 32 octets, that keys the fingerprints of requests with an `Idempotency-Key`; the same ' +
      'on every replica. After a change, keys of the last 24 h answer 409.',
  ),
}
