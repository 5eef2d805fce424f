import { figure } from './report.ts'
import type { Unit } from './result.ts'
import { median } from './statistics.ts'

/** A step of a path, measured bare in the same run as the path: one figure per round. */
export type Step = Readonly<{ name: string; figures: readonly number[] }>

/** What the steps of a path allow, round by round, and a line that tells people of what it is made. */
export type Composed = Readonly<{ baseline: readonly number[]; note: string }>

/** Steps that follow each other, each in so many per second: 1 / Σ(1 / step). */
export const composedRate = (steps: readonly Step[], unit: Unit): Composed =>
  composed(steps, unit, (figures) => 1 / figures.reduce((sum, rate) => sum + 1 / rate, 0))

/** Steps that follow each other, each taking so long: their sum. */
export const composedTime = (steps: readonly Step[], unit: Unit): Composed =>
  composed(steps, unit, (figures) => figures.reduce((sum, time) => sum + time, 0))

function composed(steps: readonly Step[], unit: Unit, join: (figures: readonly number[]) => number): Composed {
  const rounds = Math.min(...steps.map(({ figures }) => figures.length))
  const baseline = Array.from({ length: rounds }, (_, round) =>
    join(steps.map(({ figures }) => figures[round] ?? Number.NaN)),
  )
  const parts = steps.map(({ name, figures }) => `${name} ${figure(median(figures))} ${unit}`)
  return { baseline, note: `composed ${figure(median(baseline))} ${unit} = ${parts.join(' · ')}` }
}
