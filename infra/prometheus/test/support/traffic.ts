import { createdOperator, type Service } from '@oms/testkit'
import { setTimeout as sleep } from 'node:timers/promises'

const EVERY_MS = 700

/** A little of everything, again and again, whatever fails: as admins, connectors and carriers do on a quiet day. */
export async function startTraffic({ admin, peer, report }: Service): Promise<AsyncDisposable> {
  const { operatorId } = await createdOperator(admin)
  const path = `/operators/${operatorId}`
  let round = 0
  const habits: readonly (() => Promise<unknown>)[] = [
    () => admin('GET', path),
    () => admin('PATCH', path, { notes: `round ${round++}` }),
    () => admin('PATCH', path, { password: `pass-${round}` }),
    () => peer(`${path}/credentials`),
    () => report({ operatorId }),
  ]
  const over = new AbortController()
  const running = habits.map(async (habit) => {
    while (!over.signal.aborted) {
      await habit().catch(() => undefined)
      await sleep(EVERY_MS, undefined, { signal: over.signal }).catch(() => undefined)
    }
  })
  return {
    async [Symbol.asyncDispose]() {
      over.abort()
      await Promise.all(running)
    },
  }
}
