import { isIP } from 'node:net'
import type { ConfigProblem } from './config-error.ts'

const NAMED = new Set(['loopback', 'linklocal', 'uniquelocal'])
const NOBODY = 'none'
const BITS: Readonly<Record<number, number>> = { 4: 32, 6: 128 }

/** The addresses in `TRUSTED_PROXIES`; none for `none`. */
export const trustedProxies = (text: string): string[] =>
  text.trim() === NOBODY ? [] : text.split(',').map((proxy) => proxy.trim())

/** Each is a named range, an address or a CIDR block. */
export function proxyRules({ TRUSTED_PROXIES: text }: Readonly<{ TRUSTED_PROXIES?: string }>): ConfigProblem[] {
  if (text === undefined || trustedProxies(text).every(isProxy)) return []
  return [{ variable: 'TRUSTED_PROXIES', message: `expected ${NOBODY}, or addresses, CIDR blocks and named ranges` }]
}

function isProxy(text: string): boolean {
  const [address = '', bits = '', ...rest] = text.split('/')
  if (!text.includes('/')) return NAMED.has(text) || isIP(text) !== 0
  return rest.length === 0 && /^[1-9]\d{0,2}$/.test(bits) && Number(bits) <= (BITS[isIP(address)] ?? 0)
}
