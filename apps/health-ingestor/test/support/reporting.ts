import type { Report } from '@oms/testkit'
import { setTimeout as sleep } from 'node:timers/promises'

/** Each of them reports every 300 ms, bound or not as `bindOf` says of the round, until the answer is called. */
export function reporting(
  report: (report: Report) => Promise<unknown>,
  operatorIds: readonly string[],
  bindOf: (round: number) => Report['bindState'],
): () => Promise<void> {
  const over = new AbortController()
  const sending = (async () => {
    for (let round = 0; !over.signal.aborted; round += 1) {
      const bindState = bindOf(round) ?? 'BOUND'
      await Promise.all(operatorIds.map((operatorId) => report({ operatorId, bindState }))).catch(() => undefined)
      await sleep(300, undefined, { signal: over.signal }).catch(() => undefined)
    }
  })()
  return async () => {
    over.abort()
    await sending
  }
}
