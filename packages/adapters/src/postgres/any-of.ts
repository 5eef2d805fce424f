import { type SQL, type SQLWrapper, sql } from 'drizzle-orm'

// A statement's text must not depend on how many values it is given, and the planner takes `= any` to an index where it
// would hash a set-returning function against the whole table. What needs escapes in an array literal is refused.
const PLAIN = /^[A-Za-z0-9_+-]+$/

/** `column = any(values)` as one parameter. */
export function anyOf(column: SQLWrapper, values: readonly string[], type: 'text' | 'bigint' = 'text'): SQL {
  return anyOfLiteral(column, arrayLiteral(values), type)
}

export const anyOfLiteral = (column: SQLWrapper, literal: unknown, type: 'text' | 'bigint'): SQL =>
  sql`${column} = any(${literal}::${sql.raw(type)}[])`

export function arrayLiteral(values: readonly string[]): string {
  if (!values.every((value) => PLAIN.test(value)))
    throw new TypeError('a value that an array literal cannot hold plainly')
  // Quoted, for NULL is a possible id.
  return `{${values.map((value) => `"${value}"`).join(',')}}`
}
