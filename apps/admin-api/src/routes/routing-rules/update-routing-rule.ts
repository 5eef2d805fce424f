import { RoutingRuleResource, toRoutingRuleResource, versionETag, versionedResponse } from '@oms/adapters/http'
import { parseRoutingRulePatch, ruleIdFrom, UpdateRoutingRuleBody, updateRoutingRule } from '@oms/domain'
import { operatorCommand } from '../../change-context.ts'
import { adminProblems, CHANGE_PROBLEMS } from '../admin-problems.ts'
import type { AdminRoute } from '../admin-route.ts'
import { IfMatchHeader, RoutingRuleParams } from '../params.ts'

export const updateRoutingRuleRoute: AdminRoute = (app, ports) => {
  app.patch(
    '/operators/:operatorId/routing-rules/:ruleId',
    {
      config: { mergePatch: true },
      schema: {
        operationId: 'updateRoutingRule',
        tags: ['Routing rules'],
        summary: 'Change a routing rule by a JSON merge patch; the prefix is for good',
        consumes: ['application/merge-patch+json', 'application/json'],
        params: RoutingRuleParams,
        headers: IfMatchHeader,
        body: UpdateRoutingRuleBody,
        response: {
          200: versionedResponse(RoutingRuleResource, 'The rule as it is now'),
          ...adminProblems(...CHANGE_PROBLEMS, 'ROUTING_RULE_NOT_FOUND', 'PREFIX_CONFLICT'),
        },
      },
    },
    async (request, reply) => {
      const command = {
        ...operatorCommand(request),
        ruleId: ruleIdFrom(request.params.ruleId),
        patch: parseRoutingRulePatch(request.body),
      }
      const { operatorId } = command
      const { rule, version } = await ports.observe(request, { action: 'updateRoutingRule', operatorId }, () =>
        updateRoutingRule(ports, command),
      )
      return reply.header('etag', versionETag(version)).send(toRoutingRuleResource(rule))
    },
  )
}
