import type { DirectoryEntry, OperatorDirectory } from '../operator/operator-directory.ts'
import { finishedOperators, liveOperator, type MemoryStore, viewOf } from './memory-store.ts'

export function memoryOperatorDirectory(store: MemoryStore): OperatorDirectory {
  return {
    find: async (operatorId) => {
      const operator = liveOperator(store, operatorId)
      return operator && { ...viewOf(store, operator), rules: [] }
    },
    configurationTag: async () => String(store.counters.configuration),
    async *stream() {
      const snapshot = finishedOperators(store)
        .filter(({ deletedAt }) => deletedAt === null)
        .map((operator): DirectoryEntry => ({ ...viewOf(store, operator), rules: [] }))
      yield* snapshot
    },
  }
}
