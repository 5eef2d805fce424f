// health-ingestor, but for its adapters, which end the process at the point that a test has set.
import { exitOnConfigError } from '@oms/adapters/config'
import { terminationSignal } from '@oms/adapters/http'
import { createLogger } from '@oms/adapters/telemetry'
import { type DieAt, dieAtPointIn, KILL_POINT_FILE, type KillPoint, mortal } from '@oms/testkit/kill-points'
import type { IngestorAdapters } from '../src/compose.ts'
import { readHealthIngestorConfig } from '../src/config.ts'
import { serveHealthIngestor } from '../src/serve.ts'

/** `decide` runs in the transaction of `health.change`; what follows `consumer.onBatch` is the ack. */
export type IngestorKillPoint =
  | KillPoint<IngestorAdapters & { consumer: Pick<Parameters<IngestorAdapters['consume']>[0], 'onBatch'> }>
  | 'before decide'

const decorate =
  (dieAt: DieAt) =>
  (adapters: IngestorAdapters): IngestorAdapters => {
    const health = mortal('health', adapters.health, dieAt)
    return {
      ...adapters,
      health: {
        ...health,
        change: (operatorIds, decide) =>
          health.change(operatorIds, (known) => {
            dieAt('before decide')
            return decide(known)
          }),
      },
      healthCache: mortal('healthCache', adapters.healthCache, dieAt),
      deadLetters: mortal('deadLetters', adapters.deadLetters, dieAt),
      outbox: mortal('outbox', adapters.outbox, dieAt),
      publisher: mortal('publisher', adapters.publisher, dieAt),
      consume: ({ onBatch, ...options }) => adapters.consume({ ...options, ...mortal('consumer', { onBatch }, dieAt) }),
    }
  }

const config = exitOnConfigError(() => readHealthIngestorConfig(process.env))
const log = createLogger({ level: config.LOG_LEVEL, app: 'health-ingestor' })
const terminated = terminationSignal({ log })
const dieAt = dieAtPointIn(process.env[KILL_POINT_FILE] ?? '')
await using _ingestor = await serveHealthIngestor(config, { log, decorate: decorate(dieAt) })
await terminated
