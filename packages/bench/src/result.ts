import { median, spread } from './statistics.ts'

export type Unit = 'ms' | 'µs' | 'req/s' | 'reports/s' | 'events/s' | 'lookups/s' | 'MiB'

/** What a ratio is held to. Where more is better, as with requests per second, it is to be `at least` something. */
export type Goal = Readonly<{ name: string; unit: Unit; bound: 'at most' | 'at least'; goal: number }>

/** One goal. `ours` and `baseline` are medians over the rounds, in `unit`; `ratio` is ours / baseline. */
export type Result = Goal &
  Readonly<{
    ours: number
    baseline: number
    ratio: number
    met: boolean
    /** How far the ratios of the rounds lie apart, as a share of their median. */
    spread: number
    /** What to know before believing the figures. */
    remarks: readonly string[]
  }>

/** What each round measured, one figure per round. */
export type Measured = Readonly<{ ours: readonly number[]; baseline: readonly number[] }>

/** A baseline that moves more than this while it is measured says that the machine was busy with something else. */
const STEADY = 0.25

export function judge({ name, unit, bound, goal }: Goal, measured: Measured, remarks: readonly string[] = []): Result {
  const [ours, baseline] = [median(measured.ours), median(measured.baseline)]
  const ratio = ours / baseline
  const ratios = measured.ours.map((figure, round) => figure / (measured.baseline[round] ?? Number.NaN))
  const moved = spread(measured.baseline)
  return {
    name,
    unit,
    ours,
    baseline,
    ratio,
    bound,
    goal,
    met: bound === 'at most' ? ratio <= goal : ratio >= goal,
    spread: spread(ratios),
    remarks: moved > STEADY ? [...remarks, `baseline moved by ${Math.round(moved * 100)} %`] : remarks,
  }
}
