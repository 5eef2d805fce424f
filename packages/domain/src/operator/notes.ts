import type { Brand } from '../brand.ts'
import { invalid } from '../errors.ts'
import { codePoints, hasControlCharacters, isWellFormed } from '../text.ts'

/** At most 2,000 code points; CRLF becomes LF; LF and TAB are the only control characters. */
export type Notes = Brand<string, 'Notes'>

export const NOTES_MAX = 2_000

export function notes(raw: string, path = 'notes'): Notes {
  if (!isWellFormed(raw)) throw invalid(path, 'must be well-formed Unicode')
  const text = raw.replaceAll('\r\n', '\n')
  if (hasControlCharacters(text, '\n\t')) throw invalid(path, 'must not contain control characters except LF and TAB')
  if (codePoints(text) > NOTES_MAX) throw invalid(path, `must be at most ${NOTES_MAX} characters`)
  return text as Notes
}
