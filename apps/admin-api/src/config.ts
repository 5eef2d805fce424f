import {
  commonVariables,
  databaseVariables,
  type Environment,
  idempotencyVariables,
  jwtRules,
  jwtVariables,
  listenVariables,
  managementVariables,
  natsRules,
  natsVariables,
  proxyRules,
  readConfig,
  redisVariables,
  secretOfAtLeast,
  vaultRules,
  vaultVariables,
} from '@oms/adapters/config'
import { type Static, Type } from '@sinclair/typebox'

export const AdminApiVariables = Type.Object({
  ...commonVariables,
  ...listenVariables(3020),
  ...managementVariables(9464),
  ...databaseVariables,
  ...redisVariables,
  ...natsVariables,
  ...vaultVariables,
  ...jwtVariables,
  ...idempotencyVariables,
  CREDENTIALS_RETENTION_DAYS: Type.Integer({
    minimum: 0,
    maximum: 3_650,
    default: 30,
    description: "Days from an operator's soft delete until its secret is destroyed in Vault.",
  }),
  MAX_EVENT_LOOP_DELAY_MS: Type.Integer({
    minimum: 100,
    maximum: 60_000,
    default: 1_000,
    description: 'Mean delay of the event loop over two seconds above which requests are refused as overload.',
  }),
  TRUSTED_PROXIES: Type.String({
    default: 'loopback,uniquelocal',
    description:
      'Addresses of Kong whose `X-Forwarded-For` is believed: comma-separated, CIDR or named ranges; `none` for nobody.',
  }),
})
export type AdminApiConfig = Static<typeof AdminApiVariables>

const IDEMPOTENCY_SECRET_OCTETS = 32
const idempotencyRule = secretOfAtLeast(IDEMPOTENCY_SECRET_OCTETS, 'IDEMPOTENCY_SECRET_PATH')

export const readAdminApiConfig = (env: Environment): AdminApiConfig =>
  readConfig(AdminApiVariables, env, vaultRules, jwtRules, natsRules, proxyRules, idempotencyRule)
