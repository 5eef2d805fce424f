import { setTimeout as sleep } from 'node:timers/promises'

/** Waits until `what` holds, on a machine of any speed; rejects after 30 s. */
export async function untilHolds(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  const limit = performance.now() + 30_000
  while (!(await holds())) {
    if (performance.now() > limit) throw new Error(`never: ${what}`)
    await sleep(10)
  }
}

/** The same for a condition that says itself what it is. */
export const until = (condition: () => boolean | Promise<boolean>): Promise<void> =>
  untilHolds(condition.toString(), condition)
