import type { HealthLog } from '../health/health-log.ts'
import { historyPage } from './history-page.ts'
import type { MemoryStore } from './memory-store.ts'

export function memoryHealthLog(store: MemoryStore): HealthLog {
  return {
    list: async (query) => {
      const { found, next } = historyPage(
        store.healthLog.filter(({ operatorId }) => operatorId === query.operatorId),
        query,
        ({ transition }) => transition,
      )
      return { transitions: found, next: next && { at: next.at, transition: next.transition } }
    },
  }
}
