import { RoutingRuleResource, toRoutingRuleResource, versionETag, versionedResponse } from '@oms/adapters/http'
import { listRoutingRules, operatorIdFrom, ROUTING_RULE_SORT_FIELDS } from '@oms/domain'
import { Type } from '@sinclair/typebox'
import { adminProblems } from '../admin-problems.ts'
import type { AdminRoute } from '../admin-route.ts'
import { paged, pageOf, sortBy, sortOf, toPage } from '../paging.ts'
import { OperatorParams } from '../params.ts'

const Query = Type.Object(
  {
    active: Type.Optional(Type.Boolean({ description: 'Only rules that route, or only those that do not' })),
    ...paged,
    sort: sortBy(ROUTING_RULE_SORT_FIELDS),
  },
  { additionalProperties: false },
)

const description = 'A page of rules'

export const listRoutingRulesRoute: AdminRoute = (app, ports) => {
  app.get(
    '/operators/:operatorId/routing-rules',
    {
      schema: {
        operationId: 'listRoutingRules',
        tags: ['Routing rules'],
        summary: 'List the routing rules of an operator',
        params: OperatorParams,
        querystring: Query,
        response: {
          200: versionedResponse(pageOf(RoutingRuleResource, description), description),
          ...adminProblems('OPERATOR_NOT_FOUND'),
        },
      },
    },
    async (request, reply) => {
      const { sort, ...query } = request.query
      const operatorId = operatorIdFrom(request.params.operatorId)
      const { rules, total, version } = await ports.observe(request, { action: 'listRoutingRules', operatorId }, () =>
        listRoutingRules(ports, { ...query, operatorId, sort: sortOf(ROUTING_RULE_SORT_FIELDS, sort) }),
      )
      return reply.header('etag', versionETag(version)).send(toPage(rules.map(toRoutingRuleResource), total, query))
    },
  )
}
