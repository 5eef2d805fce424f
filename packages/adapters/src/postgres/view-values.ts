import type { HealthState, OperatorView } from '@oms/domain'
import { fillPlaceholders, getTableColumns, type Query } from 'drizzle-orm'
import type postgres from 'postgres'
import { type OperatorRow, toView } from './operator-rows.ts'
import { operators } from './schema.ts'

/** One row of a selection, in its order, as the driver reads it. */
export type Values = readonly unknown[]

/** A prepared selection of drizzle's, sent. Its parameters by the names of their placeholders. */
export type ReadValues = (query: Query, parameters: Readonly<Record<string, unknown>>) => Promise<readonly Values[]>

export const readValuesWith =
  (client: postgres.Sql): ReadValues =>
  ({ sql, params }, parameters) =>
    client.unsafe(sql, fillPlaceholders(params, parameters) as string[], { prepare: true }).values()

const COLUMNS = Object.entries(getTableColumns(operators))

/**
 * A row of `viewColumns`. Reading one operator is what the API does most, and drizzle, which finds out anew for each
 * value where it belongs and how it is read, takes as long over a row as the driver.
 */
export function viewOfValues(values: Values): OperatorView {
  const row: Record<string, unknown> = {}
  for (const [index, [name, column]] of COLUMNS.entries()) {
    const value = values[index]
    row[name] = value === null ? null : column.mapFromDriverValue(value)
  }
  const [healthState, healthStale] = values.slice(COLUMNS.length) as [HealthState, boolean]
  return toView({ operator: row as OperatorRow, healthState, healthStale })
}
