import { choice, OperatorResource, toOperatorResource } from '@oms/adapters/http'
import { HEALTH_STATES, listOperators, OPERATOR_SORT_FIELDS, OPERATOR_STATUSES, type OperatorQuery } from '@oms/domain'
import { type Static, Type } from '@sinclair/typebox'
import { adminProblems } from '../admin-problems.ts'
import type { AdminRoute } from '../admin-route.ts'

const sorts = OPERATOR_SORT_FIELDS.flatMap((field) => [field, `-${field}`] as const)

const Query = Type.Object(
  {
    status: Type.Optional(choice(OPERATOR_STATUSES)),
    healthState: Type.Optional(choice(HEALTH_STATES)),
    q: Type.Optional(Type.String({ maxLength: 256, description: 'Part of name, host or systemId, in any case' })),
    includeDeleted: Type.Boolean({ default: false }),
    // A deeper page than this is a scan, not a question.
    page: Type.Integer({ minimum: 1, maximum: 1_000_000, default: 1 }),
    limit: Type.Integer({ minimum: 1, maximum: 200, default: 50 }),
    sort: Type.Unsafe<(typeof sorts)[number]>({ type: 'string', enum: sorts, default: '-createdAt' }),
  },
  { additionalProperties: false },
)

export const listOperatorsRoute: AdminRoute = (app, ports) => {
  app.get(
    '/operators',
    {
      schema: {
        operationId: 'listOperators',
        tags: ['Operators'],
        summary: 'List operators',
        querystring: Query,
        response: {
          200: Type.Object(
            {
              data: Type.Array(OperatorResource),
              meta: Type.Object({ total: Type.Integer(), page: Type.Integer(), limit: Type.Integer() }),
            },
            { description: 'A page of operators' },
          ),
          ...adminProblems(),
        },
      },
    },
    async (request) => {
      const { page, limit } = request.query
      const { views, total } = await listOperators(ports, toQuery(request.query))
      return { data: views.map((view) => toOperatorResource(view)), meta: { total, page, limit } }
    },
  )
}

function toQuery({ sort, ...query }: Static<typeof Query>): OperatorQuery {
  const descending = sort.startsWith('-')
  const field = OPERATOR_SORT_FIELDS.find((each) => sort === `${descending ? '-' : ''}${each}`) ?? 'createdAt'
  return { ...query, sort: { field, descending } }
}
