import { median } from './statistics.ts'
import type { Tell } from './tell.ts'

/** Enough that a neighbour's burst of work spoils a minority. */
const ROUNDS = 9

/** One of several ways, or sizes, of the same work. `turn` counts up in a round; equal turns ask equal things. */
export type Contender = (turn: number) => Promise<unknown>

/**
 * Milliseconds of a call, the median of each round, for every contender. They take turns call by call, a different one
 * first each time, so that whatever else the machine does meets them alike.
 */
export async function measureInTurns(
  contenders: readonly Contender[],
  turns: number,
  tell: Tell,
): Promise<readonly (readonly number[])[]> {
  const figures = contenders.map((): number[] => [])
  for (let round = 0; round < ROUNDS; round++) {
    tell.still(`round ${round + 1} of ${ROUNDS}`)
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
