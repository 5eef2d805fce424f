/** A counting semaphore whose waiters give up in time and leave nothing behind. */
export type Slots = Readonly<{
  /** A slot at once, as the function that gives it back, or undefined. */
  tryTake(): (() => void) | undefined
  /** A slot within `milliseconds`, first come, first served, or undefined. */
  take(milliseconds: number): Promise<(() => void) | undefined>
  /** Gives out no more; resolves once all are back. */
  close(): Promise<void>
}>

export function createSlots(count: number): Slots {
  let free = count
  let closed = false
  const allBack = Promise.withResolvers<void>()
  const waiting = new Set<() => void>()

  const wakeNext = (): void => {
    const [next] = waiting
    next?.()
  }
  const tryTake = () => {
    if (closed || free === 0) return undefined
    free -= 1
    let taken = true
    return () => {
      if (!taken) return
      taken = false
      free += 1
      if (closed && free === count) allBack.resolve()
      wakeNext()
    }
  }
  return {
    tryTake,
    take: (milliseconds) => {
      const slot = tryTake()
      if (slot !== undefined || closed) return Promise.resolve(slot)
      return new Promise((resolve) => {
        const finish = () => {
          clearTimeout(timer)
          waiting.delete(finish)
          resolve(tryTake())
        }
        const timer = setTimeout(finish, milliseconds)
        waiting.add(finish)
      })
    },
    close: () => {
      closed = true
      for (const finish of [...waiting]) finish()
      if (free === count) allBack.resolve()
      return allBack.promise
    },
  }
}
