import fc from 'fast-check'
import type { HealthReport } from '../../src/health/health-report.ts'
import { aReport } from './reports.ts'

const phase = fc.record({
  /** Seconds between reports: a burst, the sender's habit, the edges of a gap. */
  step: fc.constantFrom(0, 0.000001, 1, 10, 10, 10, 20, 30, 59.999999, 60, 60.000001),
  rate: fc.constantFrom(0, 0.05, 0.0500001, 0.1, 0.2, 0.2000001, 0.5, 1),
  bind: fc.constantFrom('BOUND', 'BOUND', 'BOUND', 'UNBOUND'),
  count: fc.integer({ min: 1, max: 8 }),
} as const)

const oddity = fc.record({
  /** Seconds that a report is late in the stream, and that its observation is older than its receipt. */
  late: fc.constantFrom(0, 0, 0, 0, 0, 0, 0, 0.000001, 15),
  old: fc.constantFrom(0, 0, 0, 0, 0, 0.5, 5, 5.000001, 6, 90, -30),
})

/** Reports of one operator: phases at one rate, with what comes late, twice, or from before. Not in the stream's order. */
export const aReportHistory: fc.Arbitrary<readonly HealthReport[]> = fc
  .tuple(fc.array(phase, { minLength: 1, maxLength: 12 }), fc.array(oddity, { minLength: 64, maxLength: 64 }))
  .map(([phases, oddities]) => {
    let second = 0
    let sequence = 0
    return phases.flatMap(({ step, rate, bind, count }) =>
      Array.from({ length: count }, () => {
        second += step
        sequence += 1
        const { late, old } = oddities[sequence % oddities.length] ?? { late: 0, old: 0 }
        const received = second - late
        return aReport({ second: received, seen: received - old, sequence, rate, bind })
      }),
    )
  })
