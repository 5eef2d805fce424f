import { operatorETag, TpsLimitResource, versionedResponse } from '@oms/adapters/http'
import { getOperator, operatorIdFrom } from '@oms/domain'
import { adminProblems } from '../admin-problems.ts'
import type { AdminRoute } from '../admin-route.ts'
import { OperatorParams } from '../params.ts'

export const getTpsLimitRoute: AdminRoute = (app, ports) => {
  app.get(
    '/operators/:operatorId/tps-limit',
    {
      schema: {
        operationId: 'getTpsLimit',
        tags: ['TPS limits'],
        summary: 'Read the TPS limit of an operator',
        params: OperatorParams,
        response: { 200: versionedResponse(TpsLimitResource, 'The limit'), ...adminProblems('OPERATOR_NOT_FOUND') },
      },
    },
    async (request, reply) => {
      const operatorId = operatorIdFrom(request.params.operatorId)
      const view = await ports.observe(request, { action: 'getTpsLimit', operatorId }, () =>
        getOperator(ports, operatorId),
      )
      return reply.header('etag', operatorETag(view)).send(view.operator.tpsLimit)
    },
  )
}
