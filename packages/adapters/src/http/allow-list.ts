import { Type } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'

/** Identity of a client certificate → the routes it may call. */
export type AllowList = ReadonlyMap<string, ReadonlySet<string>>

const File = Type.Record(Type.String({ minLength: 1 }), Type.Array(Type.String({ minLength: 1 })))

/** Reads `{ "spiffe://…/smpp-connector": ["credentials", …] }`. Throws on anything else. */
export function parseAllowList(text: string): AllowList {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw new Error('the list of clients is not JSON')
  }
  if (!Value.Check(File, value)) throw new Error('the list of clients must map identities to arrays of route names')
  return new Map(Object.entries(value).map(([identity, routes]) => [identity, new Set(routes)]))
}
