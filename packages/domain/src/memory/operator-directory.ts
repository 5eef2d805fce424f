import type { Operator } from '../operator/operator.ts'
import type { DirectoryEntry, OperatorDirectory } from '../operator/operator-directory.ts'
import { liveOperator, liveOperators, type MemoryStore, rulesOf, viewOf } from './memory-store.ts'
import { byPrefix } from './routing-rules.ts'

export function memoryOperatorDirectory(store: MemoryStore): OperatorDirectory {
  const entry = (operator: Operator): DirectoryEntry => ({
    ...viewOf(store, operator),
    rules: [...rulesOf(store, operator.operatorId).values()].toSorted(byPrefix),
  })
  return {
    find: async (operatorId) => {
      const operator = liveOperator(store, operatorId)
      return operator && entry(operator)
    },
    configurationTag: async () => String(store.counters.configuration),
    async *stream() {
      const snapshot = liveOperators(store).map(entry)
      yield* snapshot
    },
  }
}
