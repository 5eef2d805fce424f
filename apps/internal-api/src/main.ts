import { endIfMisconfigured, exitOnConfigError } from '@oms/adapters/config'
import { logCrashes, serveUntilTerminated } from '@oms/adapters/http'
import { createLogger } from '@oms/adapters/telemetry'
import { readInternalApiConfig } from './config.ts'
import { serveInternalApi } from './serve.ts'

const config = exitOnConfigError(() => readInternalApiConfig(process.env))
const log = createLogger({ level: config.LOG_LEVEL, app: 'internal-api' })
logCrashes(log)
await serveUntilTerminated(log, () => serveInternalApi(config, { log }).catch(endIfMisconfigured))
