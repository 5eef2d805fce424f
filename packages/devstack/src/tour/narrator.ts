/** Names each step as it happens, with how long it took. */
export type Narrator = Readonly<{
  step<T>(what: string, work: () => Promise<T>, show?: (result: T) => string): Promise<T>
}>

export function createNarrator(print: (line: string) => void): Narrator {
  let number = 0
  return {
    async step(what, work, show) {
      number += 1
      const label = `${String(number).padStart(2)}. ${what}`
      const since = performance.now()
      try {
        const result = await work()
        const took = `${(performance.now() - since).toFixed(1)} ms`
        print(`${label} (${took})${show === undefined ? '' : `\n      ${show(result)}`}`)
        return result
      } catch (error) {
        print(`${label}: FAILED`)
        throw error
      }
    },
  }
}
