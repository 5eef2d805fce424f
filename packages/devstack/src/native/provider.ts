import type { Provider } from '../provider.ts'
import type { ServiceName } from '../service.ts'
import type { Programs } from './install.ts'
import type { NativeService } from './native-service.ts'
import { runNats } from './nats.ts'
import { runPostgres } from './postgres.ts'
import { runRedis } from './redis.ts'

const RUN: Readonly<Record<ServiceName, NativeService>> = { postgres: runPostgres, redis: runRedis, nats: runNats }

/** Runs the machine's own servers as child processes. */
export function nativeProvider(programs: Programs): Provider {
  return {
    name: 'native',
    run(service, options) {
      const program = programs[service]
      if (!program) throw new Error(`no program was looked for to run ${service}`)
      return RUN[service]({ ...options, program })
    },
  }
}
