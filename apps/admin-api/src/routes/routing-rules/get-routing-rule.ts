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
    async (request, reply) => {
      const operatorId = operatorIdFrom(request.params.operatorId)
      const ruleId = ruleIdFrom(request.params.ruleId)
      const { rule, version } = await ports.observe(request, { action: 'getRoutingRule', operatorId }, () =>
        getRoutingRule(ports, operatorId, ruleId),
      )
      return reply.header('etag', versionETag(version)).send(toRoutingRuleResource(rule))
    },
  )
}
