import { setTimeout as sleep } from 'node:timers/promises'

/** What `ask` answers once it is neither undefined nor null. Rejects after 10 s, naming `what`. */
export async function until<T>(what: string, ask: () => Promise<T | null | undefined>): Promise<T> {
  const deadline = Date.now() + 10_000
  for (;;) {
    const answer = await ask()
    if (answer !== null && answer !== undefined) return answer
    if (Date.now() > deadline) throw new Error(`${what}: not within 10 s`)
    await sleep(2)
  }
}
