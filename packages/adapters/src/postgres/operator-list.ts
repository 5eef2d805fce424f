import type { OperatorPage, OperatorQuery, OperatorSortField } from '@oms/domain'
import { and, asc, count, desc, eq, isNull, or, type SQL, sql } from 'drizzle-orm'
import type { Db } from './db.ts'
import { isReady, shownHealthState, toView, viewColumns } from './operator-rows.ts'
import { operatorHealth, operators } from './schema.ts'

const foldCase = (text: SQL | typeof operators.name): SQL => sql`ops.fold_case(${text})`

const SORT_BY: Readonly<Record<OperatorSortField, SQL | (typeof operators)['createdAt']>> = {
  createdAt: operators.createdAt,
  updatedAt: sql`${operators.updatedAt}`,
  name: foldCase(operators.name),
  host: sql`${operators.host}`,
  status: sql`${operators.status}`,
  systemId: sql`${operators.systemId}`,
}

/** One page and the number of all that match. */
export async function listOperators({ drizzle }: Db, query: OperatorQuery): Promise<OperatorPage> {
  const matches = and(
    isReady,
    query.includeDeleted ? undefined : isNull(operators.deletedAt),
    query.status && eq(operators.status, query.status),
    query.healthState && eq(shownHealthState, query.healthState),
    query.q ? contains(query.q) : undefined,
  )
  const direction = query.sort.descending ? desc : asc
  const [rows, totals] = await Promise.all([
    drizzle
      .select(viewColumns)
      .from(operators)
      .leftJoin(operatorHealth, eq(operatorHealth.operatorId, operators.operatorId))
      .where(matches)
      .orderBy(direction(SORT_BY[query.sort.field]), direction(operators.operatorId))
      .limit(query.limit)
      .offset((query.page - 1) * query.limit),
    drizzle
      .select({ total: count() })
      .from(operators)
      .leftJoin(operatorHealth, eq(operatorHealth.operatorId, operators.operatorId))
      .where(matches),
  ])
  return { views: rows.map(toView), total: totals[0]?.total ?? 0 }
}

/** position() knows no wildcards, so nothing need be escaped. */
const contains = (q: string): SQL | undefined =>
  or(
    ...[operators.name, operators.host, operators.systemId].map(
      (column) => sql`position(ops.fold_case(${q}) in ops.fold_case(${column})) > 0`,
    ),
  )
