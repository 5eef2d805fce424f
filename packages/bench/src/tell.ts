/** Progress for people who wait. */
export type Tell = Readonly<{
  now(line: string): void
  /** Only when nothing was told for two seconds. */
  still(line: string): void
}>

const SILENCE_MS = 2_000

export function createTell(write: (text: string) => void): Tell {
  const begun = performance.now()
  let last = begun
  const now = (line: string): void => {
    last = performance.now()
    write(`[${((last - begun) / 1_000).toFixed(1).padStart(6)} s] ${line}\n`)
  }
  return {
    now,
    still: (line) => {
      if (performance.now() - last > SILENCE_MS) now(line)
    },
  }
}
