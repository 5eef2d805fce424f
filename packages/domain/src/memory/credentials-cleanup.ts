import type { CredentialsCleanup } from '../operator/credentials-cleanup.ts'
import type { OperatorId } from '../operator/operator-id.ts'
import { dropProvisional } from './idempotency-keys.ts'
import type { MemoryCleanup, MemoryStore } from './memory-store.ts'

const RETRY_MS = 30_000

export function memoryCredentialsCleanup(store: MemoryStore): CredentialsCleanup {
  const taken = new Set<OperatorId>()

  const nextDue = (): MemoryCleanup | undefined =>
    [...store.cleanups.values()]
      .filter(({ operatorId, dueAt }) => dueAt <= store.now().getTime() && !taken.has(operatorId))
      .toSorted((a, b) => a.dueAt - b.dueAt)[0]

  return {
    async processNext(againAfterSeconds, destroy) {
      for (;;) {
        const due = nextDue()
        if (due === undefined) return false
        const { operatorId, firstPass } = due
        taken.add(operatorId)
        const done = await store
          .lock(operatorId, async () => {
            // Whoever held the operator may have finished it, which cancels its clean-up.
            if (store.cleanups.get(operatorId) !== due) return false
            const again = (inMs: number, pass: boolean) =>
              store.cleanups.set(operatorId, { operatorId, dueAt: store.now().getTime() + inMs, firstPass: pass })
            try {
              await destroy({ operatorId, firstPass })
            } catch {
              again(RETRY_MS, firstPass)
              return true
            }
            if (store.operators.get(operatorId)?.provisional) dropProvisional(store, operatorId)
            if (firstPass) again(againAfterSeconds * 1_000, false)
            else store.cleanups.delete(operatorId)
            return true
          })
          .finally(() => taken.delete(operatorId))
        if (done) return true
      }
    },
  }
}
