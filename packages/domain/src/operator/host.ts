import type { Brand } from '../brand.ts'
import { invalid } from '../errors.ts'

/** A host name (RFC 1123) in lower case without its trailing dot, an IPv4 address, or an IPv6 address in RFC 5952 form. */
export type Host = Brand<string, 'Host'>

const LABEL = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/
const OCTET = /^(?:0|[1-9][0-9]{0,2})$/
const MAX_NAME_LENGTH = 253

export function host(raw: string, path = 'host'): Host {
  // Before the case is folded: there are letters beyond ASCII whose lower case is within it (U+212A).
  if (!/^[\x20-\x7e]*$/.test(raw)) throw invalid(path, 'must be ASCII without control characters')
  const text = raw.trim().toLowerCase()
  if (text.includes('://')) throw invalid(path, 'must not have a scheme')
  if (text.startsWith('[')) throw invalid(path, 'must be an address without brackets and without a port')
  if (text.includes(':')) return ipv6(text, path)
  const name = text.endsWith('.') ? text.slice(0, -1) : text
  const labels = name.split('.')
  // RFC 1123 §2.1: what ends in a number is an address, never a name; resolvers take a hexadecimal one for a number too.
  if (/(?:^|\.)(?:[0-9]+|0x[0-9a-f]*)$/.test(name)) return ipv4(name, labels, path)
  if (name.length > MAX_NAME_LENGTH || !labels.every((label) => LABEL.test(label))) {
    throw invalid(path, 'must be a host name (RFC 1123), an IPv4 or an IPv6 address')
  }
  return name as Host
}

function ipv4(name: string, octets: readonly string[], path: string): Host {
  if (octets.length !== 4 || !octets.every((octet) => OCTET.test(octet) && Number(octet) <= 255)) {
    throw invalid(path, 'must be an IPv4 address of four numbers from 0 to 255')
  }
  return name as Host
}

function ipv6(text: string, path: string): Host {
  // WHATWG URL compresses and lower-cases as RFC 5952 §4 asks, except that it never prints the mixed notation of §5.
  const url = /^[0-9a-f:.]+$/.test(text) ? URL.parse(`http://[${text}]`) : null
  if (url === null) throw invalid(path, 'must be an IPv6 address without zone and port')
  return mixedNotation(url.hostname.slice(1, -1)) as Host
}

function mixedNotation(address: string): string {
  const mapped = /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/.exec(address)
  if (mapped === null) return address
  const groups = mapped.slice(1).map((group) => Number.parseInt(group, 16))
  return `::ffff:${groups.flatMap((group) => [group >> 8, group & 0xff]).join('.')}`
}
