import { versionETag, versionedResponse } from '@oms/adapters/http'
import { deleteRoutingRule, ruleIdFrom } from '@oms/domain'
import { Type } from '@sinclair/typebox'
import { operatorCommand } from '../../change-context.ts'
import { adminProblems, CHANGE_PROBLEMS } from '../admin-problems.ts'
import type { AdminRoute } from '../admin-route.ts'
import { IfMatchHeader, RoutingRuleParams } from '../params.ts'

export const deleteRoutingRuleRoute: AdminRoute = (app, ports) => {
  app.delete(
    '/operators/:operatorId/routing-rules/:ruleId',
    {
      schema: {
        operationId: 'deleteRoutingRule',
        tags: ['Routing rules'],
        summary: 'Remove a routing rule for good; the audit log keeps what it was',
        params: RoutingRuleParams,
        headers: IfMatchHeader,
        response: {
          204: versionedResponse(Type.Null(), 'It is gone'),
          ...adminProblems(...CHANGE_PROBLEMS, 'ROUTING_RULE_NOT_FOUND'),
        },
      },
    },
    async (request, reply) => {
      const command = { ...operatorCommand(request), ruleId: ruleIdFrom(request.params.ruleId) }
      const { operatorId } = command
      const version = await ports.observe(request, { action: 'deleteRoutingRule', operatorId }, () =>
        deleteRoutingRule(ports, command),
      )
      return reply.code(204).header('etag', versionETag(version)).send(null)
    },
  )
}
