import {
  commonVariables,
  databaseVariables,
  type Environment,
  listenVariables,
  managementVariables,
  mutualTlsVariables,
  readConfig,
  redisVariables,
  vaultRules,
  vaultVariables,
} from '@oms/adapters/config'
import { type Static, Type } from '@sinclair/typebox'

export const InternalApiVariables = Type.Object({
  ...commonVariables,
  ...listenVariables(3021),
  ...managementVariables(9465),
  ...databaseVariables,
  ...redisVariables,
  ...vaultVariables,
  ...mutualTlsVariables,
})
export type InternalApiConfig = Static<typeof InternalApiVariables>

export const readInternalApiConfig = (env: Environment): InternalApiConfig =>
  readConfig(InternalApiVariables, env, vaultRules)
