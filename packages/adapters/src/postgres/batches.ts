/** Slices of at most `size`. */
export function* inBatches<T>(all: readonly T[], size: number): Generator<readonly T[], void> {
  for (let start = 0; start < all.length; start += size) yield all.slice(start, start + size)
}

/** The reader has gone away: the producer's work ends and its transaction is rolled back. */
class ReaderGone extends Error {}

/**
 * Turns a producer that hands out batches into an iterable, one batch at a time: `emit` resolves when the reader wants
 * more. A reader who stops half-way ends the producer before it goes on.
 */
export async function* batchesOf<T>(
  produce: (emit: (batch: readonly T[]) => Promise<void>) => Promise<void>,
): AsyncGenerator<readonly T[], void> {
  let wanted = Promise.withResolvers<void>()
  let ready = Promise.withResolvers<readonly T[] | undefined>()
  const produced = produce(async (batch) => {
    ready.resolve(batch)
    await wanted.promise
  })
  // Both ends speak to the reader through the batch that it waits for.
  produced.then(
    () => ready.resolve(undefined),
    (error: unknown) => ready.reject(error),
  )
  try {
    for (let batch = await ready.promise; batch !== undefined; batch = await ready.promise) {
      yield batch
      const previous = wanted
      wanted = Promise.withResolvers<void>()
      ready = Promise.withResolvers<readonly T[] | undefined>()
      previous.resolve()
    }
  } finally {
    wanted.promise.catch(() => {})
    ready.promise.catch(() => {})
    wanted.reject(new ReaderGone('the reader has gone'))
    await produced.catch(() => {})
  }
}
