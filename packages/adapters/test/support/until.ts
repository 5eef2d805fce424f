import { setTimeout as sleep } from 'node:timers/promises'

/** Waits for a condition on a machine of any speed; rejects after 30 s. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  const limit = performance.now() + 30_000
  while (!(await condition())) {
    if (performance.now() > limit) throw new Error(`never: ${condition.toString()}`)
    await sleep(10)
  }
}
