import { choice, nullableText, problemResponses } from '@oms/adapters/http'
import { getOperatorHealth, HEALTH_STATES, operatorIdFrom } from '@oms/domain'
import { Type } from '@sinclair/typebox'
import type { InternalRoute } from '../internal-route.ts'
import { OperatorParams } from './params.ts'

const HealthResource = Type.Object(
  {
    operatorId: Type.String(),
    healthState: choice(HEALTH_STATES),
    lastReceivedAt: nullableText,
    healthStale: Type.Boolean(),
    source: choice(['redis', 'postgres']),
  },
  { title: 'OperatorHealth', description: 'Its health' },
)

export const getOperatorHealthRoute: InternalRoute = (app, ports) => {
  app.get(
    '/operators/:operatorId/health',
    {
      config: { client: 'health' },
      schema: {
        operationId: 'getOperatorHealth',
        tags: ['Health'],
        summary: 'Read the health of an operator, from Redis or else from the state of record',
        params: OperatorParams,
        response: { 200: HealthResource, ...problemResponses('CLIENT_NOT_ALLOWED', 'OPERATOR_NOT_FOUND') },
      },
    },
    async (request) => {
      const operatorId = operatorIdFrom(request.params.operatorId)
      const health = await ports.observe(request, { action: 'getOperatorHealth', operatorId }, () =>
        getOperatorHealth(ports, operatorId),
      )
      return { operatorId, ...health }
    },
  )
}
