import type { Brand } from '../brand.ts'
import { invalid } from '../errors.ts'

/** SMPP 3.4 §5.2.1 system_id: a C-octet string of at most 16 octets with its NUL, so 1-15 visible ASCII here. */
export type SystemId = Brand<string, 'SystemId'>

export const SYSTEM_ID_PATTERN = '^[\\x21-\\x7E]{1,15}$'

const pattern = new RegExp(SYSTEM_ID_PATTERN)

export function systemId(raw: string, path = 'systemId'): SystemId {
  if (!pattern.test(raw)) throw invalid(path, 'must be 1-15 visible ASCII characters')
  return raw as SystemId
}
