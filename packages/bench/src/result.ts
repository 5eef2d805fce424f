import { median, spread } from './statistics.ts'

export type Unit = 'ms' | 'µs' | 'req/s' | 'reports/s' | 'events/s' | 'lookups/s' | 'MiB' | 's'

/** What a ratio is held to. Where more is better, as with requests per second, it is to be `at least` something. */
export type Goal = Readonly<{
  name: string
  unit: Unit
  bound: 'at most' | 'at least'
  goal: number
  /** `ours` itself is held to it, in `unit`, on any machine; the baseline shows what the machine was like. */
  absolute?: true
}>

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

export function judge(wanted: Goal, measured: Measured, remarks: readonly string[] = []): Result {
  const { bound, goal, absolute = false } = wanted
  const [ours, baseline] = [median(measured.ours), median(measured.baseline)]
  const ratio = ours / baseline
  const ratios = measured.ours.map((figure, round) => figure / (measured.baseline[round] ?? Number.NaN))
  const moved = spread(measured.baseline)
  const held = absolute ? ours : ratio
  return {
    ...wanted,
    ours,
    baseline,
    ratio,
    met: bound === 'at most' ? held <= goal : held >= goal,
    spread: spread(ratios),
    remarks: moved > STEADY ? [...remarks, `baseline moved by ${Math.round(moved * 100)} %`] : remarks,
  }
}
