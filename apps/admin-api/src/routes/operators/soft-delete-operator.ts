import { ifMatch } from '@oms/adapters/http'
import { operatorIdFrom, softDeleteOperator } from '@oms/domain'
import { Type } from '@sinclair/typebox'
import { changeContext } from '../../change-context.ts'
import { adminProblems, BODY_PROBLEMS } from '../admin-problems.ts'
import type { AdminRoute } from '../admin-route.ts'
import { IfMatchHeader, OperatorParams } from './params.ts'

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
          ...adminProblems('OPERATOR_NOT_FOUND', 'VERSION_MISMATCH', ...BODY_PROBLEMS),
        },
      },
    },
    async (request, reply) => {
      const operatorId = operatorIdFrom(request.params.operatorId)
      const expected = ifMatch(request.headers['if-match'])
      const command = {
        operatorId,
        ...(expected === undefined ? {} : { ifMatch: expected }),
        context: changeContext(request),
      }
      await ports.observe({ action: 'delete', adminId: command.context.actor, operatorId }, () =>
        softDeleteOperator(ports, command),
      )
      return reply.code(204).send(null)
    },
  )
}
