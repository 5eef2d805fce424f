import {
  type HealthRepository,
  HEALTH_STATES,
  type Leases,
  type ReportFailure,
  type Silence,
  watchSilence,
  type WriteLine,
} from '@oms/domain'
import { every } from './every.ts'
import { holdLease } from './hold-lease.ts'

type Log = Readonly<Record<'info' | 'warn', WriteLine>>

export type SilenceUnderLeaseOptions = Readonly<{
  health: Pick<HealthRepository, 'silent' | 'reporting'>
  leases: Leases
  /** Unlike any other replica's. */
  holder: string
  log: Log
  report: ReportFailure
  metrics: Readonly<{
    silentOperators: Readonly<{ set(labels: { state: string }, value: number): void }>
    silences: Readonly<{ inc(labels: { state: string }, value: number): void }>
  }>
  lookEveryMs?: number
}>

const LOOK_EVERY_MS = 5_000
/** More than these in one look share one line: a lost connector silences thousands at once. */
const LINES_AT_MOST = 20

/**
 * Tells of operators that fell silent and of those that report again, while this replica holds the lease. NATS is not
 * needed to hold it: a lost NATS silences everyone.
 */
export function silenceUnderLease(options: SilenceUnderLeaseOptions): AsyncDisposable {
  const { health, leases, holder, log, report, metrics, lookEveryMs = LOOK_EVERY_MS } = options

  function show(silent: Silence['silent']): void {
    for (const state of HEALTH_STATES) metrics.silentOperators.set({ state }, count(silent, state))
  }

  function tell({ silent, fell, returned }: Silence): void {
    show(silent)
    for (const state of HEALTH_STATES) metrics.silences.inc({ state }, count(fell, state))
    if (fell.length > LINES_AT_MOST) {
      const operatorIds = fell.slice(0, LINES_AT_MOST).map(({ operatorId }) => operatorId)
      log.warn({ action: 'health', operators: fell.length, operatorIds }, 'many operators fell silent')
    } else {
      for (const { operatorId, lastState, ageSeconds } of fell)
        log.warn({ action: 'health', operatorId, lastState, ageSeconds }, 'operator fell silent')
    }
    if (returned.length > LINES_AT_MOST) {
      const operatorIds = returned.slice(0, LINES_AT_MOST)
      log.info({ action: 'health', operators: returned.length, operatorIds }, 'many operators report again')
    } else {
      for (const operatorId of returned) log.info({ action: 'health', operatorId }, 'operator reports again')
    }
  }

  const onError = (error: unknown) => report('look for silent operators', error)
  return holdLease({ leases, name: 'silence-watch', holder, onError }, async (signal) => {
    const look = watchSilence(health)
    await every(lookEveryMs, async () => tell(await look()), { signal, onError })
    // Who holds the lease next shows them.
    show([])
  })
}

const count = (silent: Silence['silent'], state: string): number =>
  silent.filter(({ lastState }) => lastState === state).length
