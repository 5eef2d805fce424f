import type { IdempotencyClaim, StoredAnswer } from '../change/idempotency.ts'
import type { Operator } from '../operator/operator.ts'
import type { OperatorId } from '../operator/operator-id.ts'
import type { OperatorChange } from '../operator/operator-repository.ts'
import { keepKey } from './idempotency-keys.ts'
import { commitChange, type MemoryStore, rulesOf } from './memory-store.ts'
import { writeUnique } from './operator-claims.ts'
import { memoryRoutingRuleChanges } from './routing-rule-changes.ts'

const DAY_MS = 86_400_000

/** Collects what a change writes; nothing of it is in the store before `commit`. */
export function begin(store: MemoryStore, operator: Operator, claim: IdempotencyClaim | undefined) {
  const { operatorId } = operator
  const { promise: settled, resolve: end } = Promise.withResolvers<void>()
  const rules = new Map(rulesOf(store, operatorId))
  const writes: (() => void)[] = []
  const keep = (answer: StoredAnswer | null) => {
    if (claim !== undefined) writes.push(() => keepKey(store, { claim, answer, operatorId: null }))
  }
  keep(null)

  const change: OperatorChange = {
    operator,
    at: store.now(),
    save: async (next) => {
      await writeUnique(store, next, () => store.claims.set(operatorId, { next, settled }))
      writes.push(() => store.operators.set(operatorId, { operator: next, provisional: false }))
    },
    scheduleCredentialsRemoval: async (days) => {
      writes.push(() => scheduleCleanup(store, operatorId, days * DAY_MS))
    },
    rules: memoryRoutingRuleChanges(rules),
    record: async (next, recorded) => {
      writes.push(() => commitChange(store, next, recorded))
    },
    keepAnswer: async (answer) => keep(answer),
  }
  return {
    change,
    commit: () => {
      if (rules.size > 0 || store.rules.has(operatorId)) store.rules.set(operatorId, rules)
      for (const write of writes) write()
    },
    end: () => {
      store.claims.delete(operatorId)
      end()
    },
  }
}

export function scheduleCleanup(store: MemoryStore, operatorId: OperatorId, inMs: number): void {
  store.cleanups.set(operatorId, { operatorId, dueAt: store.now().getTime() + inMs, firstPass: true })
}
