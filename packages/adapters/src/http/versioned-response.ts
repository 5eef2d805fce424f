import { type TSchema, Type } from '@sinclair/typebox'

/** RFC 9110 §8.8.3: the strong entity tag of an operator's configuration, for its rules and its TPS limit, too. */
export const versionETag = (version: number): string => `"${version}"`

/** An answer that carries the operator's entity tag, for a route's `schema.response`. */
export const versionedResponse = <T extends TSchema>(
  schema: T,
  description: string,
  headers: Readonly<Record<string, TSchema>> = {},
): T => ({
  ...schema,
  description,
  headers: { ETag: Type.String({ description: "The operator's config version, for If-Match" }), ...headers },
})
