import { endIfMisconfigured, exitOnConfigError } from '@oms/adapters/config'
import { logCrashes, terminationSignal } from '@oms/adapters/http'
import { createLogger } from '@oms/adapters/telemetry'
import { readInternalApiConfig } from './config.ts'
import { serveInternalApi } from './serve.ts'

const config = exitOnConfigError(() => readInternalApiConfig(process.env))
const log = createLogger({ level: config.LOG_LEVEL, app: 'internal-api' })
logCrashes(log)
const terminated = terminationSignal({ log })
await using _server = await serveInternalApi(config, { log }).catch(endIfMisconfigured)
await terminated
