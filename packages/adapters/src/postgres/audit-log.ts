import {
  type AuditEntry,
  type AuditLog,
  type AuditQuery,
  type AuditView,
  MAX_LISTED_RULES,
  microsOfDate,
  type OperatorId,
} from '@oms/domain'
import { and, desc, eq, getTableColumns, gte, lt, type SQL, sql } from 'drizzle-orm'
import type { Db } from './db.ts'
import { adminAuditLog } from './schema.ts'
import { dateOfMicros, textOfMicros } from './timestamps.ts'

const { at, auditId, before, after } = adminAuditLog
// A bulk's row keeps every rule: a page of such rows would be many megabytes.
const columns = { ...getTableColumns(adminAuditLog), before: boundedView(before), after: boundedView(after) }

export const createAuditLog = ({ drizzle, run }: Db): AuditLog => ({
  list: (query) =>
    run('select', async () => {
      const rows = await drizzle
        .select(columns)
        .from(adminAuditLog)
        .where(isAsked(query))
        .orderBy(desc(at), desc(auditId))
        .limit(query.limit + 1)
        .prepare('list_audit')
        .execute()
      const page = rows.slice(0, query.limit)
      const last = rows.length > query.limit ? page.at(-1) : undefined
      return { entries: page.map(toEntry), next: last ? { at: last.at, auditId: last.auditId } : null }
    }),
})

const isAsked = (query: AuditQuery): SQL | undefined =>
  and(
    query.operatorId && eq(adminAuditLog.operatorId, query.operatorId),
    query.actor === undefined ? undefined : eq(adminAuditLog.actor, query.actor),
    query.action && eq(adminAuditLog.action, query.action),
    query.from && gte(at, microsOfDate(query.from)),
    query.until && lt(at, microsOfDate(query.until)),
    query.after &&
      sql`(${at}, ${auditId}) < (${textOfMicros(query.after.at)}::timestamptz, ${query.after.auditId}::uuid)`,
  )

/** The inner select unpacks a large view once, where each mention of it would do so anew. */
function boundedView(view: typeof before | typeof after): SQL<AuditView | null> {
  return sql<AuditView | null>`(
    select case when jsonb_typeof(rules) = 'array' and jsonb_array_length(rules) > ${sql.raw(String(MAX_LISTED_RULES))}
      then jsonb_build_object('routingRules',
        jsonb_build_object('count', jsonb_array_length(rules), 'truncated', true))
      else ${view} end
    from (select ${view} -> 'routingRules' as rules offset 0) listed)`
}

const toEntry = ({
  at,
  operatorId,
  resourceType,
  resourceId,
  ...row
}: typeof adminAuditLog.$inferSelect): AuditEntry => ({
  ...row,
  at: dateOfMicros(at),
  operatorId: operatorId as OperatorId,
  resource: { type: resourceType, id: resourceId },
})
