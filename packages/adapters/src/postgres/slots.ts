/** Takes a slot and returns its release; rejects or throws when there is none in time. */
export type Slots = Readonly<{
  /** A slot at once, or undefined. */
  tryTake(): (() => void) | undefined
  /** A slot within `milliseconds`, first come, first served, or undefined. */
  take(milliseconds: number): Promise<(() => void) | undefined>
}>

/** A counting semaphore whose waiters give up in time and leave nothing behind. */
export function createSlots(count: number): Slots {
  let free = count
  const waiting = new Set<() => void>()

  const release = () => {
    let released = false
    return () => {
      if (released) return
      released = true
      free += 1
      const [next] = waiting
      if (next === undefined) return
      waiting.delete(next)
      next()
    }
  }
  const tryTake = () => {
    if (free === 0) return undefined
    free -= 1
    return release()
  }
  return {
    tryTake,
    take: (milliseconds) => {
      const slot = tryTake()
      if (slot !== undefined) return Promise.resolve(slot)
      return new Promise((resolve) => {
        const wake = () => {
          clearTimeout(timer)
          resolve(tryTake())
        }
        const timer = setTimeout(() => {
          waiting.delete(wake)
          resolve(undefined)
        }, milliseconds)
        waiting.add(wake)
      })
    },
  }
}
