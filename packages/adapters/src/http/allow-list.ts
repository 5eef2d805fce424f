import { Type } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'

/** Identity of a client certificate → the routes it may call. */
export type AllowList = ReadonlyMap<string, ReadonlySet<string>>

const File = Type.Record(Type.String({ minLength: 1 }), Type.Array(Type.String({ minLength: 1 })))

/**
 * Reads `{ "spiffe://…/smpp-connector": ["credentials", …] }`. Throws on anything else, and on a route that is none of
 * `routes`: a slip of the pen must not lock a peer out in silence.
 */
export function parseAllowList(text: string, routes: readonly string[]): AllowList {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw new Error('the list of clients is not JSON')
  }
  if (!Value.Check(File, value)) throw new Error('the list of clients must map identities to arrays of route names')
  const unknown = Object.values(value)
    .flat()
    .filter((route) => !routes.includes(route))
  if (unknown.length > 0) throw new Error(`the list of clients names routes that do not exist: ${unknown.join(', ')}`)
  return new Map(Object.entries(value).map(([identity, allowed]) => [comparable(identity), new Set(allowed)]))
}

/** SPIFFE IDs are compared as they are, DNS and common names in any case (RFC 4343, X.520 caseIgnoreMatch). */
export const comparable = (identity: string): string => (identity.includes('://') ? identity : identity.toLowerCase())
