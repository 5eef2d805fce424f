import { endIfMisconfigured, exitOnConfigError } from '@oms/adapters/config'
import { logCrashes, terminationSignal } from '@oms/adapters/http'
import { createLogger } from '@oms/adapters/telemetry'
import { readHealthIngestorConfig } from './config.ts'
import { serveHealthIngestor } from './serve.ts'

const config = exitOnConfigError(() => readHealthIngestorConfig(process.env))
const log = createLogger({ level: config.LOG_LEVEL, app: 'health-ingestor' })
logCrashes(log)
const terminated = terminationSignal({ log })
await using _ingestor = await serveHealthIngestor(config, { log }).catch(endIfMisconfigured)
await terminated
