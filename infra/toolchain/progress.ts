import { availableParallelism } from 'node:os'

/** Starts a clock; each call tells the time since, as `12.3 s`. */
export function seconds(): () => string {
  const start = performance.now()
  return () => `${((performance.now() - start) / 1000).toFixed(1)} s`.padStart(7)
}

/** Works through the items in their order, as many at a time as there are processors, at least two. */
export async function inParallel<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const queue = items.values()
  const worker = async () => {
    for (const item of queue) await work(item)
  }
  await Promise.all(Array.from({ length: Math.max(2, availableParallelism()) }, worker))
}
