/**
 * Runs `work` on up to `width` items at a time and yields the results in the items' order. Takes no further item once
 * `stop` aborts; those in hand are finished and yielded. `work` must not reject.
 */
export async function* inOrder<Item, Result>(
  items: AsyncIterable<Item>,
  { width, stop }: Readonly<{ width: number; stop: AbortSignal }>,
  work: (item: Item) => Promise<Result>,
): AsyncGenerator<Result> {
  const inHand: Promise<Result>[] = []
  for await (const item of items) {
    if (stop.aborted) break
    inHand.push(work(item))
    const [oldest] = inHand
    if (inHand.length < width || oldest === undefined) continue
    yield await oldest
    void inHand.shift()
  }
  for (const result of inHand) yield await result
}
