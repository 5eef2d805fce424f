import {
  commonVariables,
  databaseVariables,
  type Environment,
  readConfig,
  redisVariables,
  vaultRules,
  vaultVariables,
} from '@oms/adapters/config'
import { type Static, Type } from '@sinclair/typebox'
import { AdminApiVariables } from '../config.ts'

/** What the migration needs of admin-api's own configuration. */
const Variables = Type.Object({
  NODE_ENV: commonVariables.NODE_ENV,
  ...databaseVariables,
  ...redisVariables,
  ...vaultVariables,
  CREDENTIALS_RETENTION_DAYS: AdminApiVariables.properties.CREDENTIALS_RETENTION_DAYS,
})
export type MigrationConfig = Static<typeof Variables>

/** Throws ConfigError. */
export const readMigrationConfig = (env: Environment): MigrationConfig => readConfig(Variables, env, vaultRules)
