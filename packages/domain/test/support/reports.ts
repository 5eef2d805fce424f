import type { BindState } from '../../src/health/health-state.ts'
import type { HealthReport } from '../../src/health/health-report.ts'
import { micros, microsOfDate, SECOND_MICROS } from '../../src/health/micros.ts'
import { newOperatorId } from '../../src/contracts/samples.ts'

/** When the reports of a test begin. */
export const NOON = microsOfDate(new Date('2026-11-20T12:00:00.000Z'))
export const atSecond = (second: number) => micros(NOON + Math.round(second * SECOND_MICROS))

const someone = newOperatorId()

/** What a report says, its times in seconds after NOON. */
export type Said = Readonly<{
  second: number
  /** When it was seen, if that is not when it was received. */
  seen?: number
  sequence?: number
  rate?: number
  bind?: BindState
}>

/** A report of a good bind, unless `said` tells otherwise; sequences follow the time where none is given. */
export function aReport(said: Said, facts: Partial<HealthReport> = {}): HealthReport {
  const { second, seen = second, sequence = Math.trunc(second) + 1, rate = 0, bind = 'BOUND' } = said
  return {
    operatorId: someone,
    at: atSecond(seen),
    receivedAt: atSecond(second),
    streamSequence: sequence,
    bindState: bind,
    errorRate: rate,
    bindError: null,
    traceparent: null,
    ...facts,
  }
}
