import type { ReportFailure } from '@oms/domain'
import type { Logger } from './logger.ts'
import type { Metrics } from './metrics.ts'

type Sinks = Readonly<{ log: Logger; metrics: Metrics }>

type VaultRequest = Readonly<{
  op: 'read' | 'write' | 'metadata' | 'destroy' | 'login' | 'renew'
  result: 'ok' | 'error' | 'auth_error' | 'cas_mismatch' | 'not_found' | 'circuit_open'
  durationSeconds: number
}>

/** What the adapters tell, as log lines and metrics; the shapes are theirs. */

export const observePostgres = ({ log, metrics }: Sinks) => ({
  log,
  onError: (op: string) => metrics.pgErrors.inc({ op }),
})

export const observeRedis = ({ log }: Sinks) => ({
  onError: (err: unknown) => log.debug({ err }, 'redis is out of reach'),
})

export const observeHealthCache = ({ log, metrics }: Sinks) => ({
  onSet: (result: 'ok' | 'error') => metrics.redisSet.inc({ result }),
  onGarbage: (operatorId: string) => log.warn({ operatorId }, 'a health key holds no health'),
})

export const observeNats =
  ({ log }: Sinks) =>
  (
    event: Readonly<{ type: 'connected' | 'disconnected'; server: string } | { type: 'error'; error: unknown }>,
  ): void => {
    if (event.type === 'error') log.debug({ err: event.error }, 'nats complains')
    else log[event.type === 'connected' ? 'info' : 'warn']({ server: event.server }, `nats ${event.type}`)
  }

export const observeVault = ({ log, metrics }: Sinks) => ({
  onRequest({ op, result, durationSeconds }: VaultRequest): void {
    metrics.vaultRequests.inc({ op, result })
    if (result === 'circuit_open') return
    if (op === 'read') metrics.vaultReadDuration.observe(durationSeconds)
    if (op === 'write') metrics.vaultWriteDuration.observe(durationSeconds)
  },
  onSession({ event, ...facts }: Readonly<{ event: string; ttlSeconds?: number; failure?: unknown }>): void {
    if (facts.failure === undefined) log.info({ event, ttlSeconds: facts.ttlSeconds }, 'vault session')
    else log.warn({ event, err: facts.failure }, 'vault session')
  },
  onCircuit: (circuit: string) => log.warn({ circuit }, 'vault circuit'),
})

/** An outage lasts thousands of failures: of each kind one line in this time says it. */
const REPORT_EVERY_MS = 10_000

/**
 * Failures that no caller sees: the answer was decided before, or they are tried again. Of each `what` the first is told
 * at once, then one line in ten seconds with the number of those `untold`.
 */
export function reportTo(log: Logger, nowMs: () => number = () => performance.now()): ReportFailure {
  const told = new Map<string, { at: number; untold: number }>()
  return (what, err) => {
    const last = told.get(what)
    if (last !== undefined && nowMs() - last.at < REPORT_EVERY_MS) {
      last.untold += 1
      return
    }
    told.set(what, { at: nowMs(), untold: 0 })
    log.warn(
      { err, what, ...(last === undefined || last.untold === 0 ? {} : { untold: last.untold }) },
      'failed, and goes on',
    )
  }
}

export const observePublish =
  ({ metrics }: Pick<Sinks, 'metrics'>) =>
  ({ event, result }: Readonly<{ event: string; result: string }>): void =>
    metrics.natsPublish.inc({ event, result })

/** A stream that somebody made otherwise: nobody can mend that from here. One that holds more than asked for does no harm. */
export const observeStreams = ({ log }: Sinks) => ({
  onProblem({ error, ...facts }: Readonly<{ stream: string; kind: string; error?: unknown }>): void {
    log[facts.kind === 'incompatible' ? 'error' : 'warn']({ ...facts, err: error }, 'stream is not as wanted')
  },
})
