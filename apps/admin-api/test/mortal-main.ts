// admin-api, but for its adapters, which end the process at the point that a test has set.
import { exitOnConfigError } from '@oms/adapters/config'
import { terminationSignal } from '@oms/adapters/http'
import { createLogger } from '@oms/adapters/telemetry'
import type { OperatorChange } from '@oms/domain'
import { type DieAt, dieAtPointIn, KILL_POINT_FILE, type KillPoint, mortal } from '@oms/testkit/kill-points'
import type { AdminAdapters } from '../src/compose.ts'
import { readAdminApiConfig } from '../src/config.ts'
import { serveAdminApi } from '../src/serve.ts'

/** `change`: what an update or a delete does in its transaction; `rules`: what it does to the operator's rules. */
export type AdminKillPoint = KillPoint<AdminAdapters & { change: OperatorChange; rules: OperatorChange['rules'] }>

const decorate =
  (dieAt: DieAt) =>
  (adapters: AdminAdapters): AdminAdapters => {
    const operators = mortal('operators', adapters.operators, dieAt)
    return {
      ...adapters,
      operators: {
        ...operators,
        change: (operatorId, options, work) =>
          operators.change(operatorId, options, (change) =>
            work({ ...mortal('change', change, dieAt), rules: mortal('rules', change.rules, dieAt) }),
          ),
      },
      credentials: mortal('credentials', adapters.credentials, dieAt),
      healthCache: mortal('healthCache', adapters.healthCache, dieAt),
      cleanup: mortal('cleanup', adapters.cleanup, dieAt),
      outbox: mortal('outbox', adapters.outbox, dieAt),
      publisher: mortal('publisher', adapters.publisher, dieAt),
    }
  }

const config = exitOnConfigError(() => readAdminApiConfig(process.env))
const log = createLogger({ level: config.LOG_LEVEL, app: 'admin-api' })
const terminated = terminationSignal({ log })
const dieAt = dieAtPointIn(process.env[KILL_POINT_FILE] ?? '')
await using _server = await serveAdminApi(config, { log, decorate: decorate(dieAt) })
await terminated
