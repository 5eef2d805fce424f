import { endIfMisconfigured, exitOnConfigError } from '@oms/adapters/config'
import { logCrashes, serveUntilTerminated } from '@oms/adapters/http'
import { createLogger } from '@oms/adapters/telemetry'
import { readAdminApiConfig } from './config.ts'
import { serveAdminApi } from './serve.ts'

const config = exitOnConfigError(() => readAdminApiConfig(process.env))
const log = createLogger({ level: config.LOG_LEVEL, app: 'admin-api' })
logCrashes(log)
await serveUntilTerminated(log, () => serveAdminApi(config, { log }).catch(endIfMisconfigured))
