import { softDeleteOperator } from '@oms/domain'
import { Type } from '@sinclair/typebox'
import { operatorCommand } from '../../change-context.ts'
import { adminProblems, CHANGE_PROBLEMS } from '../admin-problems.ts'
import type { AdminRoute } from '../admin-route.ts'
import { IfMatchHeader, OperatorParams } from '../params.ts'

export const softDeleteOperatorRoute: AdminRoute = (app, ports) => {
  app.delete(
    '/operators/:operatorId',
    {
      schema: {
        operationId: 'softDeleteOperator',
        tags: ['Operators'],
        summary: 'End an operator; its record stays, its credentials are out of reach at once',
        params: OperatorParams,
        headers: IfMatchHeader,
        response: {
          204: Type.Null({ description: 'It is deleted' }),
          ...adminProblems(...CHANGE_PROBLEMS),
        },
      },
    },
    async (request, reply) => {
      const command = operatorCommand(request)
      const { operatorId } = command
      await ports.observe(request, { action: 'softDeleteOperator', operatorId }, () =>
        softDeleteOperator(ports, command),
      )
      return reply.code(204).send(null)
    },
  )
}
