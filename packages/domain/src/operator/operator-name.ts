import type { Brand } from '../brand.ts'
import { invalid } from '../errors.ts'
import { codePoints, hasControlCharacters, isWellFormed } from '../text.ts'

/** NFC, trimmed, 1-128 code points without control characters; unique by lower case among live operators. */
export type OperatorName = Brand<string, 'OperatorName'>

export const OPERATOR_NAME_MAX = 128

export function operatorName(raw: string, path = 'name'): OperatorName {
  if (!isWellFormed(raw)) throw invalid(path, 'must be well-formed Unicode')
  const name = raw.normalize('NFC').trim()
  if (hasControlCharacters(name)) throw invalid(path, 'must not contain control characters')
  const length = codePoints(name)
  if (length < 1 || length > OPERATOR_NAME_MAX) throw invalid(path, `must be 1-${OPERATOR_NAME_MAX} characters`)
  return name as OperatorName
}
