import type { Brand } from '../brand.ts'
import { invalid } from '../errors.ts'

/** The carrier as a company: a slug such as `roshan`. */
export type MnoId = Brand<string, 'MnoId'>

export const MNO_ID_PATTERN = '^[a-z0-9][a-z0-9-]{0,62}$'

const pattern = new RegExp(MNO_ID_PATTERN)

export function mnoId(raw: string, path = 'mnoId'): MnoId {
  if (!pattern.test(raw)) throw invalid(path, 'must be 1-63 lower-case letters, digits or hyphens')
  return raw as MnoId
}
