import { operatorETag, operatorResponse, toOperatorResource } from '@oms/adapters/http'
import { getOperator, operatorIdFrom } from '@oms/domain'
import { adminProblems } from '../admin-problems.ts'
import type { AdminRoute } from '../admin-route.ts'
import { OperatorParams } from '../params.ts'

export const getOperatorRoute: AdminRoute = (app, ports) => {
  app.get(
    '/operators/:operatorId',
    {
      schema: {
        operationId: 'getOperator',
        tags: ['Operators'],
        summary: 'Read a live operator',
        params: OperatorParams,
        response: { 200: operatorResponse('The operator'), ...adminProblems('OPERATOR_NOT_FOUND') },
      },
    },
    async (request, reply) => {
      const operatorId = operatorIdFrom(request.params.operatorId)
      const view = await ports.observe(request, { action: 'getOperator', operatorId }, () =>
        getOperator(ports, operatorId),
      )
      return reply.header('etag', operatorETag(view)).send(toOperatorResource(view))
    },
  )
}
