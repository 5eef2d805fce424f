import type { Brand } from '../brand.ts'
import { invalid } from '../errors.ts'

/** SMPP 3.4 §5.2.3 system_type: at most 13 octets with its NUL, so 0-12 printable ASCII here. */
export type SystemType = Brand<string, 'SystemType'>

export const SYSTEM_TYPE_PATTERN = '^[\\x20-\\x7E]{0,12}$'

const pattern = new RegExp(SYSTEM_TYPE_PATTERN)

export function systemType(raw: string, path = 'systemType'): SystemType {
  if (!pattern.test(raw)) throw invalid(path, 'must be at most 12 printable ASCII characters')
  return raw as SystemType
}
