import { exitOnConfigError } from '@oms/adapters/config'
import { terminationSignal } from '@oms/adapters/http'
import { createLogger } from '@oms/adapters/telemetry'
import { readHealthIngestorConfig } from './config.ts'
import { serveHealthIngestor } from './serve.ts'

const config = exitOnConfigError(() => readHealthIngestorConfig(process.env))
const log = createLogger({ level: config.LOG_LEVEL, app: 'health-ingestor' })
const terminated = terminationSignal({ log })
await using _ingestor = await serveHealthIngestor(config, { log })
await terminated
