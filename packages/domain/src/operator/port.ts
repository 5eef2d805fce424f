import type { Brand } from '../brand.ts'
import { invalid } from '../errors.ts'

/** TCP port, 1-65535. */
export type Port = Brand<number, 'Port'>

export function port(raw: number, path = 'port'): Port {
  if (!Number.isInteger(raw) || raw < 1 || raw > 65_535) throw invalid(path, 'must be an integer from 1 to 65535')
  return raw as Port
}
