import { pause } from './pause.ts'

export type EveryOptions = Readonly<{
  signal: AbortSignal
  /** What a run rejects with; the next one comes all the same. */
  onError: (error: unknown) => void
  /** Share of the interval by which runs are spread, so that replicas do not act in step. */
  jitter?: number
}>

/**
 * Runs `task` at once and again `intervalMs` after each end, until `signal` aborts; resolves when the last run has ended.
 * Nothing escapes.
 */
export async function every(
  intervalMs: number,
  task: (signal: AbortSignal) => Promise<unknown>,
  { signal, onError, jitter = 0.1 }: EveryOptions,
): Promise<void> {
  while (!signal.aborted) {
    try {
      await task(signal)
    } catch (error) {
      if (!signal.aborted) onError(error)
    }
    await pause(intervalMs * (1 + jitter * (2 * Math.random() - 1)), signal)
  }
}
