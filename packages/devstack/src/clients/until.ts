import { setTimeout as sleep } from 'node:timers/promises'

/** What `ask` answers once it is neither undefined nor null. Rejects after `withinMs`, naming `what`. */
export async function until<T>(what: string, ask: () => Promise<T | null | undefined>, withinMs = 10_000): Promise<T> {
  const deadline = Date.now() + withinMs
  for (;;) {
    const answer = await ask()
    if (answer !== null && answer !== undefined) return answer
    if (Date.now() > deadline) throw new Error(`${what}: not within ${withinMs / 1_000} s`)
    await sleep(1)
  }
}
