import { inspect } from 'node:util'
import type { Result } from 'tap-parser'

type Place = Readonly<{ fileName?: string; lineNumber?: number; columnNumber?: number }>
type Diagnostics = Readonly<{ diff?: string; at?: Place; source?: string; stack?: string }>

// How tap started the test file: the same for every file.
const STARTED_AS = ['stdio', 'cwd', 'externalID', 'command', 'args', 'jobId']

/** A failed assertion as a person wants it: which, where, what differed, then whatever else tap knows. */
export function describeFailure(result: Result): string {
  const { diff, at, source, stack, ...rest } = (result.diag ?? {}) as Diagnostics
  const others = Object.entries(rest).filter(([key]) => !STARTED_AS.includes(key))
  const parts = [
    `── ${result.fullname || result.name} ──`,
    at?.fileName && `at ${at.fileName}:${at.lineNumber ?? 0}:${at.columnNumber ?? 0}`,
    result.tapError,
    indented(source),
    diff?.trimEnd(),
    others.length > 0 && inspect(Object.fromEntries(others), { depth: 6, breakLength: 120 }),
    indented(stack),
  ]
  return parts.filter(Boolean).join('\n')
}

const indented = (lines: string | undefined) => lines?.trimEnd().replace(/^/gm, '    ')
