import { type TSchema, Type } from '@sinclair/typebox'
import { instant } from './instant.ts'

/** Query parameters of every history. */
export const historyParams = {
  from: Type.Optional(Type.String({ description: 'ISO 8601: from then on' })),
  until: Type.Optional(Type.String({ description: 'ISO 8601: before then' })),
  limit: Type.Integer({ minimum: 1, maximum: 200, default: 50 }),
  cursor: Type.Optional(Type.String({ maxLength: 256, description: 'The `nextCursor` of the page before' })),
}

/** The time filter of a query. Rejects with INVALID_PAYLOAD naming the one that is no time. */
export const periodOf = ({ from, until }: Readonly<{ from?: string; until?: string }>) => ({
  ...(from === undefined ? {} : { from: instant(from, 'from') }),
  ...(until === undefined ? {} : { until: instant(until, 'until') }),
})

export const historyOf = <T extends TSchema>(entry: T, description: string) =>
  Type.Object(
    {
      data: Type.Array(entry),
      nextCursor: Type.Unsafe<string | null>({ type: ['string', 'null'], description: 'null at the end' }),
    },
    { description },
  )
