export { ConfigError, type ConfigProblem } from './config-error.ts'
export { type Connection, connection } from './connection.ts'
export { natsAddress, postgresConnection, redisConnection, streamSettings, vaultConnection } from './connections.ts'
export { endIfMisconfigured, exitOnConfigError } from './exit-on-config-error.ts'
export { type ConfigRule, type Environment, readConfig } from './read-config.ts'
export { jwtRules, natsRules, vaultRules } from './rules.ts'
export { readSecretFile, secretOfAtLeast } from './secret-file.ts'
export { configurationTable, type DocumentedApp } from './table.ts'
export { proxyRules, trustedProxies } from './trusted-proxies.ts'
export { usable } from './usable.ts'
export {
  commonVariables,
  databaseVariables,
  idempotencyVariables,
  jwtVariables,
  listenVariables,
  managementVariables,
  migrationVariables,
  mutualTlsVariables,
  natsVariables,
  redisVariables,
  vaultVariables,
} from './variables.ts'
