import { DomainError } from '../errors.ts'
import { type Operator, provisioned } from '../operator/operator.ts'
import type { OperatorId } from '../operator/operator-id.ts'
import type { OperatorChange, OperatorRepository } from '../operator/operator-repository.ts'
import { commitChange, liveOperator, type MemoryStore, viewOf } from './memory-store.ts'
import { holdersOf, writeUnique } from './operator-claims.ts'
import { listOperatorsIn } from './operator-list.ts'

const DAY_MS = 86_400_000

/** Never SERVICE_OVERLOADED, never of unknown outcome: memory has no pool and no connection. */
export function memoryOperatorRepository(store: MemoryStore): OperatorRepository {
  return {
    find: async (operatorId) => {
      const operator = liveOperator(store, operatorId)
      return operator && viewOf(store, operator)
    },

    list: async (query) => listOperatorsIn(store, query),

    holders: async (claim, except) => holdersOf(store, claim, except),

    insertProvisional: async (draft, cleanupAfterSeconds) => {
      const { operatorId } = draft
      const createdAt = store.now()
      const operator = provisioned(draft, { createdAt, credentialsVersion: 0 })
      await writeUnique(store, draft, () => {
        store.operators.set(operatorId, { operator, provisional: true })
        scheduleCleanup(store, operatorId, cleanupAfterSeconds * 1_000)
      })
      return createdAt
    },

    complete: (operator, change) =>
      store.lock(operator.operatorId, async () => {
        if (!isProvisional(store, operator.operatorId)) return false
        commitChange(store, operator, change)
        store.cleanups.delete(operator.operatorId)
        return true
      }),

    abandon: (operatorId) =>
      store.lock(operatorId, async () => {
        if (!isProvisional(store, operatorId)) return
        store.operators.delete(operatorId)
        scheduleCleanup(store, operatorId, 0)
      }),

    change: (operatorId, _options, work) =>
      store.lock(operatorId, async () => {
        const operator = liveOperator(store, operatorId)
        if (operator === undefined) throw new DomainError('OPERATOR_NOT_FOUND', 'no such operator')
        const transaction = begin(store, operator)
        try {
          const result = await work(transaction.change)
          transaction.commit()
          return result
        } finally {
          transaction.end()
        }
      }),

    wasCommitted: (operatorId, eventId) =>
      store.lock(operatorId, async () =>
        [...store.outbox.values()].some(({ event }) => event.operatorId === operatorId && event.eventId === eventId),
      ),
  }
}

const isProvisional = (store: MemoryStore, operatorId: OperatorId): boolean =>
  store.operators.get(operatorId)?.provisional === true

function scheduleCleanup(store: MemoryStore, operatorId: OperatorId, inMs: number): void {
  store.cleanups.set(operatorId, { operatorId, dueAt: store.now().getTime() + inMs, firstPass: true })
}

/** Collects what a change writes; nothing of it is in the store before `commit`. */
function begin(store: MemoryStore, operator: Operator) {
  const { operatorId } = operator
  const { promise: settled, resolve: end } = Promise.withResolvers<void>()
  const writes: (() => void)[] = []

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
    record: async (next, recorded) => {
      writes.push(() => commitChange(store, next, recorded))
    },
  }
  return {
    change,
    commit: () => writes.forEach((write) => write()),
    end: () => {
      store.claims.delete(operatorId)
      end()
    },
  }
}
