import { choice, OperatorResource, toOperatorResource } from '@oms/adapters/http'
import { HEALTH_STATES, listOperators, OPERATOR_SORT_FIELDS, OPERATOR_STATUSES } from '@oms/domain'
import { Type } from '@sinclair/typebox'
import { adminProblems } from '../admin-problems.ts'
import type { AdminRoute } from '../admin-route.ts'
import { paged, pageOf, sortBy, sortOf, toPage } from '../paging.ts'

const Query = Type.Object(
  {
    status: Type.Optional(choice(OPERATOR_STATUSES)),
    healthState: Type.Optional(choice(HEALTH_STATES)),
    q: Type.Optional(Type.String({ maxLength: 256, description: 'Part of name, host or systemId, in any case' })),
    includeDeleted: Type.Boolean({ default: false }),
    ...paged,
    sort: sortBy(OPERATOR_SORT_FIELDS),
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
          200: pageOf(OperatorResource, 'A page of operators'),
          ...adminProblems(),
        },
      },
    },
    async (request) => {
      const { sort, ...query } = request.query
      const { views, total } = await ports.observe(request, { action: 'listOperators' }, () =>
        listOperators(ports, { ...query, sort: sortOf(OPERATOR_SORT_FIELDS, sort) }),
      )
      const data = views.map((view) => toOperatorResource(view))
      return toPage(data, total, query)
    },
  )
}
