/** Rings for whoever waits, or else for who waits next. */
export type Bell = Readonly<{
  ring(): void
  /** Forgets that it rang. */
  still(): void
  /** Resolves when it rings or rang, after `ms` at the latest. One at a time. */
  heard(ms: number): Promise<void>
}>

/** An abort signal would do, but each makes an error with a stack, and a busy relay is woken thousands of times a second. */
export function createBell(): Bell {
  let rang = false
  let wake: () => void = () => undefined
  return {
    ring() {
      rang = true
      wake()
    },
    still() {
      rang = false
    },
    heard: (ms) =>
      new Promise((resolve) => {
        if (rang) return resolve()
        const timer = setTimeout(resolve, ms)
        wake = () => {
          clearTimeout(timer)
          resolve()
        }
      }),
  }
}
