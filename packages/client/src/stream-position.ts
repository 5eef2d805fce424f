import type { StreamInfo } from 'nats'

/** Up to where a stream was followed. `made` tells it from another of the same name; undefined while there is none. */
export type StreamPosition = Readonly<{ made: string | undefined; sequence: number }>

/** What is asked of a stream; undefined when there is no such stream. */
export type StreamFacts = Readonly<{ created: string; state: Pick<StreamInfo['state'], 'first_seq' | 'last_seq'> }>

/**
 * Where to go on from. `gap`: what came after `before` cannot be had any more, because it aged out, or the stream was made
 * anew or put back to an earlier state; then it is the stream's end, for whoever reads the state anew needs nothing older.
 */
export function nextPosition(
  before: StreamPosition | undefined,
  facts: StreamFacts | undefined,
): Readonly<{ position: StreamPosition; gap: boolean }> {
  // What will be in a stream that is not there yet comes after now.
  if (facts === undefined) return { position: before ?? { made: undefined, sequence: 0 }, gap: false }
  const { created: made, state } = facts
  const end = { made, sequence: state.last_seq }
  if (before === undefined) return { position: end, gap: false }
  const another = before.made !== undefined && before.made !== made
  const gap = another || state.last_seq < before.sequence || state.first_seq > before.sequence + 1
  return { position: gap ? end : { made, sequence: before.sequence }, gap }
}
