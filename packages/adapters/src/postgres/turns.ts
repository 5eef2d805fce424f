import { createSlots, type Slots } from './slots.ts'

/** One slot for each key, there only while somebody has it or waits for it. */
export type Turns = Readonly<{
  /** The key's slot within `milliseconds`, first come, first served, as the function that gives it back, or undefined. */
  take(key: string, milliseconds: number): Promise<(() => void) | undefined>
}>

export function createTurns(): Turns {
  const queues = new Map<string, { slots: Slots; users: number }>()
  return {
    take: async (key, milliseconds) => {
      const queue = queues.get(key) ?? { slots: createSlots(1), users: 0 }
      queues.set(key, queue)
      queue.users += 1
      const leave = (): void => {
        queue.users -= 1
        if (queue.users === 0) queues.delete(key)
      }
      const release = await queue.slots.take(milliseconds)
      if (release === undefined) {
        leave()
        return undefined
      }
      return () => {
        release()
        leave()
      }
    },
  }
}
