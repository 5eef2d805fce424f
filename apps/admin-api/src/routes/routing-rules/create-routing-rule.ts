import { RoutingRuleResource, toRoutingRuleResource, versionETag, versionedResponse } from '@oms/adapters/http'
import {
  type CreatedRule,
  CreateRoutingRuleBody,
  createRoutingRule,
  type Once,
  parseCreateRoutingRule,
} from '@oms/domain'
import { Type } from '@sinclair/typebox'
import { operatorCommand } from '../../change-context.ts'
import { answerPost } from '../../idempotency/answer-post.ts'
import { IDEMPOTENCY_PROBLEMS, replayedHeader } from '../../idempotency/idempotency-key.ts'
import { adminProblems, CHANGE_PROBLEMS } from '../admin-problems.ts'
import type { AdminRoute } from '../admin-route.ts'
import { OperatorParams, PostHeaders } from '../params.ts'

export const createRoutingRuleRoute: AdminRoute = (app, ports) => {
  app.post(
    '/operators/:operatorId/routing-rules',
    {
      schema: {
        operationId: 'createRoutingRule',
        tags: ['Routing rules'],
        summary: 'Add a routing rule to an operator',
        params: OperatorParams,
        headers: PostHeaders,
        body: CreateRoutingRuleBody,
        response: {
          201: versionedResponse(RoutingRuleResource, 'The new rule', {
            Location: Type.String({ description: 'Its path' }),
            ...replayedHeader,
          }),
          ...adminProblems(...CHANGE_PROBLEMS, 'PREFIX_CONFLICT', ...IDEMPOTENCY_PROBLEMS),
        },
      },
    },
    async (request, reply) => {
      const command = { ...operatorCommand(request), rule: parseCreateRoutingRule(request.body) }
      const { status, headers, body } = await answerPost(
        ports,
        { request, reply },
        {
          run: (once?: Once<CreatedRule>) =>
            ports.observe(request, { action: 'createRoutingRule', operatorId: command.operatorId }, () =>
              createRoutingRule(ports, { ...command, once }),
            ),
          answerTo: ({ rule, version }) => ({
            status: 201,
            headers: {
              location: `/v1/admin/operators/${rule.operatorId}/routing-rules/${rule.ruleId}`,
              etag: versionETag(version),
            },
            body: toRoutingRuleResource(rule),
          }),
        },
      )
      return reply.code(status).headers(headers).send(body)
    },
  )
}
