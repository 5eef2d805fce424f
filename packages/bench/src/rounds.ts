import { median } from './statistics.ts'
import type { Tools } from './suite.ts'

/** Enough that a neighbour's burst of work spoils a minority. */
const ROUNDS = 9

/** With less time, the fewest that still have a median and a spread to speak of. */
const QUICK_ROUNDS = 5

/** One of several ways, or sizes, of the same work. `turn` counts up in a round; equal turns ask equal things. */
export type Contender = (turn: number) => Promise<unknown>

/**
 * Milliseconds of a call, the median of each round, for every contender. They take turns call by call, a different one
 * first each time, so that whatever else the machine does meets them alike.
 */
export async function measureInTurns(
  contenders: readonly Contender[],
  turns: number,
  { tell, quick }: Pick<Tools, 'tell' | 'quick'>,
): Promise<readonly (readonly number[])[]> {
  const rounds = quick ? QUICK_ROUNDS : ROUNDS
  const figures = contenders.map((): number[] => [])
  for (let round = 0; round < rounds; round++) {
    tell.still(`round ${round + 1} of ${rounds}`)
    const samples = contenders.map((): number[] => [])
    for (let turn = 0; turn < turns; turn++) {
      for (const place of contenders.keys()) {
        const index = (place + turn) % contenders.length
        const since = performance.now()
        await contenders[index]?.(turn)
        samples[index]?.push(performance.now() - since)
      }
    }
    for (const [index, taken] of samples.entries()) figures[index]?.push(median(taken))
  }
  return figures
}

/** One of several ways of the same work, at work for a second or so; resolves with its figure for this round. */
export type Measure = (round: number) => Promise<number>

/** The figures of each measure, one per round. They take turns round by round, a different one first each time. */
export async function measureRounds(
  measures: readonly Measure[],
  { tell, quick }: Pick<Tools, 'tell' | 'quick'>,
): Promise<readonly (readonly number[])[]> {
  const rounds = quick ? QUICK_ROUNDS : ROUNDS
  const figures = measures.map((): number[] => [])
  for (let round = 0; round < rounds; round++) {
    tell.still(`round ${round + 1} of ${rounds}`)
    for (const place of measures.keys()) {
      const index = (place + round) % measures.length
      const measured = await measures[index]?.(round)
      if (measured !== undefined) figures[index]?.push(measured)
    }
  }
  return figures
}
