import type { Brand } from '../brand.ts'
import { invalid } from '../errors.ts'
import { codePoints, hasControlCharacters, isWellFormed } from '../text.ts'

/** NFC, trimmed, 1-128 code points without control characters; unique by lower case among live operators. */
export type OperatorName = Brand<string, 'OperatorName'>

export const OPERATOR_NAME_MAX = 128

export function operatorName(raw: string, path = 'name'): OperatorName {
  if (!isWellFormed(raw)) throw invalid(path, 'must be well-formed Unicode')
  // Before trimming, which would take a line end away in silence.
  if (hasControlCharacters(raw)) throw invalid(path, 'must not contain control characters')
  const name = raw.normalize('NFC').trim()
  const length = codePoints(name)
  if (length < 1 || length > OPERATOR_NAME_MAX) throw invalid(path, `must be 1-${OPERATOR_NAME_MAX} characters`)
  return name as OperatorName
}
