import { type Static, type TSchema, Type } from '@sinclair/typebox'

/** Query parameters of every paged list. */
export const paged = {
  // A deeper page than this is a scan, not a question.
  page: Type.Integer({ minimum: 1, maximum: 1_000_000, default: 1 }),
  limit: Type.Integer({ minimum: 1, maximum: 200, default: 50 }),
}

type Sort<F extends string> = F | `-${F}`

/** `field` or `-field`, the newest first where it is not given. */
export const sortBy = <const F extends string>(fields: readonly F[]) =>
  Type.Unsafe<Sort<F>>({
    type: 'string',
    enum: fields.flatMap((field) => [field, `-${field}`]),
    default: '-createdAt',
  })

export const sortOf = <const F extends string>(fields: readonly (F | 'createdAt')[], sort: Sort<F>) => ({
  field: fields.find((field) => sort === field || sort === `-${field}`) ?? 'createdAt',
  descending: sort.startsWith('-'),
})

const meta = Type.Object({ total: Type.Integer(), page: Type.Integer(), limit: Type.Integer() })

export const pageOf = <T extends TSchema>(item: T, description: string) =>
  Type.Object({ data: Type.Array(item), meta }, { description })

/** The page that was asked for. */
export const toPage = <T>(data: T[], total: number, { page, limit }: Omit<Static<typeof meta>, 'total'>) => ({
  data,
  meta: { total, page, limit },
})
