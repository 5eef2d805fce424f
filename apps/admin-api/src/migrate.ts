// Brings the database up to this build; a job of the deployment, before the apps start.
import { commonVariables, connection, exitOnConfigError, migrationVariables, readConfig } from '@oms/adapters/config'
import { migrate } from '@oms/adapters/postgres'
import { createLogger } from '@oms/adapters/telemetry'
import { Type } from '@sinclair/typebox'

const Variables = Type.Object({
  NODE_ENV: commonVariables.NODE_ENV,
  LOG_LEVEL: commonVariables.LOG_LEVEL,
  ...migrationVariables,
})

const { config, owner } = exitOnConfigError(() => {
  const config = readConfig(Variables, process.env)
  const password = ['DATABASE_MIGRATION_PASSWORD_PATH', config.DATABASE_MIGRATION_PASSWORD_PATH] as const
  return { config, owner: connection(config.DATABASE_MIGRATION_URL, password) }
})
const log = createLogger({ level: config.LOG_LEVEL, app: 'migrate' })
await migrate({ ...owner, log: (line) => log.info(line) })
