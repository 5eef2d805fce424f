import type { Msg } from 'nats'

/** Messages in hand that are not yet in a batch. */
export type Arrivals = Readonly<{
  size(): number
  /** Of their payloads. */
  bytes(): number
  push(message: Msg): void
  /** Resolves when there is one, or when `signal` aborts. */
  some(signal: AbortSignal): Promise<void>
  /** The oldest ones, at most `limit`. */
  take(limit: number): Msg[]
  all(): readonly Msg[]
}>

export function createArrivals(): Arrivals {
  const messages: Msg[] = []
  let bytes = 0
  let arrived: (() => void) | undefined
  return {
    size: () => messages.length,
    bytes: () => bytes,
    push(message) {
      messages.push(message)
      bytes += message.data.length
      arrived?.()
    },
    async some(signal) {
      if (messages.length > 0 || signal.aborted) return
      await new Promise<void>((resume) => {
        arrived = () => {
          arrived = undefined
          signal.removeEventListener('abort', resumed)
          resume()
        }
        const resumed = () => arrived?.()
        signal.addEventListener('abort', resumed)
      })
    },
    take(limit) {
      const taken = messages.splice(0, limit)
      for (const { data } of taken) bytes -= data.length
      return taken
    },
    all: () => messages,
  }
}
