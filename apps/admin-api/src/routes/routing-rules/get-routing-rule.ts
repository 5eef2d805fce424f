import { RoutingRuleResource, toRoutingRuleResource, versionETag, versionedResponse } from '@oms/adapters/http'
import { getRoutingRule, operatorIdFrom, ruleIdFrom } from '@oms/domain'
import { adminProblems } from '../admin-problems.ts'
import type { AdminRoute } from '../admin-route.ts'
import { RoutingRuleParams } from '../params.ts'

export const getRoutingRuleRoute: AdminRoute = (app, ports) => {
  app.get(
    '/operators/:operatorId/routing-rules/:ruleId',
    {
      schema: {
        operationId: 'getRoutingRule',
        tags: ['Routing rules'],
        summary: 'Read a routing rule',
        params: RoutingRuleParams,
        response: {
          200: versionedResponse(RoutingRuleResource, 'The rule'),
          ...adminProblems('OPERATOR_NOT_FOUND', 'ROUTING_RULE_NOT_FOUND'),
        },
      },
    },
    async ({ params }, reply) => {
      const operatorId = operatorIdFrom(params.operatorId)
      const { rule, version } = await getRoutingRule(ports, operatorId, ruleIdFrom(params.ruleId))
      return reply.header('etag', versionETag(version)).send(toRoutingRuleResource(rule))
    },
  )
}
