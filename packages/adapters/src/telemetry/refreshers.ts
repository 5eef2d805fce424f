/** Sets gauges to what they are now. */
export type Refresh = () => Promise<void> | void

export type Refreshers = Readonly<{
  add(refresh: Refresh): void
  /** Resolves when all have ended, or after `withinMs` without those that hang; never rejects. */
  run(): Promise<void>
}>

/** Gauges that are asked for at a scrape; one that fails or comes late leaves the last value. */
export function createRefreshers(withinMs: number): Refreshers {
  const refreshers: (() => Promise<void>)[] = []
  return {
    add: (refresh) => void refreshers.push(oneRunAtATime(refresh)),
    async run() {
      const all = Promise.all(refreshers.map((refresh) => refresh()))
      // Set after they have begun: what gives up after as long, as the checks of dependencies do, is still in time.
      const { promise: cutOff, resolve } = Promise.withResolvers<void>()
      const timer = setTimeout(resolve, withinMs)
      await Promise.race([all, cutOff])
      clearTimeout(timer)
    },
  }
}

/** Who asks meanwhile waits for the same run, so that scrapes of a server that hangs do not pile up. */
function oneRunAtATime(refresh: Refresh): () => Promise<void> {
  let running: Promise<void> | undefined
  return () => {
    running ??= (async () => refresh())()
      .catch(() => undefined)
      .finally(() => (running = undefined))
    return running
  }
}
