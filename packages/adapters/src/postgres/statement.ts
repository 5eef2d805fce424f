import type postgres from 'postgres'

/** A query as drizzle awaits it: itself for objects, `values()` for arrays. Sent when awaited, as with postgres.js. */
export type Statement = PromiseLike<unknown> & Readonly<{ values(): Promise<unknown> }>

export type Unsafe = (text: string, parameters?: unknown[], options?: postgres.UnsafeQueryOptions) => Statement

export const statement = (run: (asValues: boolean) => Promise<unknown>): Statement => ({
  then: (onfulfilled, onrejected) => run(false).then(onfulfilled, onrejected),
  values: () => run(true),
})

/** Sends it now. */
export function send(
  sql: postgres.Sql | postgres.TransactionSql,
  asValues: boolean,
  ...[text, parameters, options]: Parameters<Unsafe>
): Promise<unknown> {
  const query = sql.unsafe(text, parameters as postgres.ParameterOrJSON<never>[], options)
  return (asValues ? query.values() : query).then((rows: unknown) => rows)
}
