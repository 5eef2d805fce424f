import { type AuditEntry, boundedView } from '../change/audit-entry.ts'
import type { AuditLog, AuditQuery } from '../change/audit-log.ts'
import { microsOfDate } from '../health/micros.ts'
import { historyPage } from './history-page.ts'
import type { MemoryStore } from './memory-store.ts'

export function memoryAuditLog(store: MemoryStore): AuditLog {
  return {
    list: async (query) => {
      const { found, next } = historyPage(
        store.audit.filter((entry) => asked(entry, query)).map((entry) => ({ entry, ...placeOf(entry) })),
        query,
        ({ auditId }) => auditId,
      )
      return {
        entries: found.map(({ entry }) => listed(entry)),
        next: next && { at: next.at, auditId: next.auditId },
      }
    },
  }
}

const placeOf = ({ at, auditId }: AuditEntry) => ({ at: microsOfDate(at), auditId })

const asked = (entry: AuditEntry, { operatorId, actor, action }: AuditQuery): boolean =>
  (operatorId === undefined || entry.operatorId === operatorId) &&
  (actor === undefined || entry.actor === actor) &&
  (action === undefined || entry.action === action)

const listed = (entry: AuditEntry): AuditEntry => ({
  ...entry,
  before: entry.before && boundedView(entry.before),
  after: entry.after && boundedView(entry.after),
})
