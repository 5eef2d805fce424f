import { DomainError } from '../errors.ts'
import { provisioned } from '../operator/operator.ts'
import type { OperatorId } from '../operator/operator-id.ts'
import type { OperatorRepository } from '../operator/operator-repository.ts'
import { claiming, dropProvisional, keepKey } from './idempotency-keys.ts'
import { commitChange, finishedOperators, liveOperator, type MemoryStore, viewOf } from './memory-store.ts'
import { begin, scheduleCleanup } from './operator-change.ts'
import { holdersOf, writeUnique } from './operator-claims.ts'
import { listOperatorsIn } from './operator-list.ts'

/** Never SERVICE_OVERLOADED, never of unknown outcome: memory has no pool and no connection. */
export function memoryOperatorRepository(store: MemoryStore): OperatorRepository {
  return {
    find: async (operatorId) => {
      const operator = liveOperator(store, operatorId)
      return operator && viewOf(store, operator)
    },

    existed: async (operatorId) => finishedOperators(store).some((operator) => operator.operatorId === operatorId),

    list: async (query) => listOperatorsIn(store, query),

    holders: async (claim, except) => holdersOf(store, claim, except),

    insertProvisional: (draft, cleanupAfterSeconds, claim) =>
      claiming(store, claim, async () => {
        const { operatorId } = draft
        const createdAt = store.now()
        const operator = provisioned(draft, { createdAt, credentialsVersion: 0 })
        await writeUnique(store, draft, () => {
          store.operators.set(operatorId, { operator, provisional: true })
          scheduleCleanup(store, operatorId, cleanupAfterSeconds * 1_000)
          if (claim !== undefined) keepKey(store, { claim, answer: null, operatorId })
        })
        return createdAt
      }),

    complete: (operator, change, kept) =>
      store.lock(operator.operatorId, async () => {
        if (!isProvisional(store, operator.operatorId)) return false
        commitChange(store, operator, change)
        if (kept !== undefined) keepKey(store, { ...kept, operatorId: null })
        store.cleanups.delete(operator.operatorId)
        return true
      }),

    abandon: (operatorId) =>
      store.lock(operatorId, async () => {
        if (!isProvisional(store, operatorId)) return
        dropProvisional(store, operatorId)
        scheduleCleanup(store, operatorId, 0)
      }),

    change: (operatorId, { claim }, work) =>
      claiming(store, claim, () =>
        store.lock(operatorId, async () => {
          const operator = liveOperator(store, operatorId)
          if (operator === undefined) throw new DomainError('OPERATOR_NOT_FOUND', 'no such operator')
          const transaction = begin(store, operator, claim)
          try {
            const result = await work(transaction.change)
            transaction.commit()
            return result
          } finally {
            transaction.end()
          }
        }),
      ),

    wasCommitted: (operatorId, eventId) =>
      store.lock(operatorId, async () =>
        [...store.outbox.values()].some(({ event }) => event.operatorId === operatorId && event.eventId === eventId),
      ),
  }
}

const isProvisional = (store: MemoryStore, operatorId: OperatorId): boolean =>
  store.operators.get(operatorId)?.provisional === true
