import { endIfMisconfigured, exitOnConfigError } from '@oms/adapters/config'
import { logCrashes, serveUntilTerminated } from '@oms/adapters/http'
import { createLogger } from '@oms/adapters/telemetry'
import { readHealthIngestorConfig } from './config.ts'
import { serveHealthIngestor } from './serve.ts'

const config = exitOnConfigError(() => readHealthIngestorConfig(process.env))
const log = createLogger({ level: config.LOG_LEVEL, app: 'health-ingestor' })
logCrashes(log)
await serveUntilTerminated(log, () => serveHealthIngestor(config, { log }).catch(endIfMisconfigured))
