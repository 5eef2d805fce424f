import { setTimeout as sleep } from 'node:timers/promises'
import type { Timing } from './timing.ts'

/** Waits, but not past an abort; never rejects. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal }).catch(() => undefined)
}

/** Doubles from `retryFirst` to `retryMost` with each failure in a row, and spreads clients apart. */
export const backoffMs = (failures: number, { retryFirst, retryMost }: Timing): number =>
  Math.min(retryMost, retryFirst * 2 ** Math.min(failures - 1, 20)) * (0.75 + Math.random() / 2)
