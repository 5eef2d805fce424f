import { Type } from '@sinclair/typebox'

/** One of these texts: an `enum` in OpenAPI, a union in TypeScript. */
export const choice = <const T extends readonly string[]>(values: T) =>
  Type.Unsafe<T[number]>({ type: 'string', enum: values })

export const nullableText = Type.Unsafe<string | null>({ type: ['string', 'null'] })

export const time = Type.String({ format: 'date-time', description: 'ISO 8601 UTC with milliseconds' })
