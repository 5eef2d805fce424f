import { inspect } from 'node:util'
import type { Result } from 'tap-parser'

type Place = Readonly<{ fileName?: string; lineNumber?: number; columnNumber?: number }>
type Diagnostics = Readonly<{ diff?: string; at?: Place; stack?: string }>

/** A failed assertion as a person wants it: which, where, what differed, then whatever else tap knows. */
export function describeFailure(result: Result): string {
  const { diff, at, stack, ...others } = (result.diag ?? {}) as Diagnostics
  const parts = [
    `── ${result.fullname || result.name} ──`,
    at?.fileName && `at ${at.fileName}:${at.lineNumber ?? 0}:${at.columnNumber ?? 0}`,
    result.tapError,
    diff?.trimEnd(),
    Object.keys(others).length > 0 && inspect(others, { depth: 6, breakLength: 120 }),
    stack?.trimEnd().replace(/^/gm, '    '),
  ]
  return parts.filter(Boolean).join('\n')
}
