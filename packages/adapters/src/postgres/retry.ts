import { isAway, isSerializationFailure } from './database-error.ts'

/** Runs `work` again after 40001 and 40P01, with jitter, until `forMs` are over; then the last failure stands. */
export const retrySerialization = <T>(forMs: number, work: () => Promise<T>): Promise<T> =>
  retry(isSerializationFailure, forMs, work)

/** The same while PostgreSQL is out of reach: for a question that only it can answer. */
export const retryWhileAway = <T>(forMs: number, work: () => Promise<T>): Promise<T> => retry(isAway, forMs, work)

async function retry<T>(isPassing: (error: unknown) => boolean, forMs: number, work: () => Promise<T>): Promise<T> {
  const until = performance.now() + forMs
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await work()
    } catch (error) {
      const wait = Math.random() * Math.min(10 * 2 ** attempt, 250)
      if (!isPassing(error) || performance.now() + wait > until) throw error
      await new Promise((resolve) => setTimeout(resolve, wait))
    }
  }
}
