import { operatorETag, operatorResponse, toOperatorResource } from '@oms/adapters/http'
import { CreateOperatorBody, createOperator, parseCreateOperator } from '@oms/domain'
import { Type } from '@sinclair/typebox'
import { changeContext } from '../../change-context.ts'
import { adminProblems, BODY_PROBLEMS } from '../admin-problems.ts'
import type { AdminRoute } from '../admin-route.ts'

export const createOperatorRoute: AdminRoute = (app, ports) => {
  app.post(
    '/operators',
    {
      schema: {
        operationId: 'createOperator',
        tags: ['Operators'],
        summary: 'Create an operator, its password going to Vault',
        body: CreateOperatorBody,
        response: {
          201: operatorResponse('The new operator', { Location: Type.String({ description: 'Its path' }) }),
          ...adminProblems('DUPLICATE_OPERATOR', 'DUPLICATE_NAME', 'VAULT_UNAVAILABLE', ...BODY_PROBLEMS),
        },
      },
    },
    async (request, reply) => {
      const command = parseCreateOperator(request.body, changeContext(request))
      const created = await ports.observe(
        { action: 'create', adminId: command.context.actor, operatorIdOf: ({ operator }) => operator.operatorId },
        () => createOperator(ports, command),
      )
      return reply
        .code(201)
        .header('location', `/v1/admin/operators/${created.operator.operatorId}`)
        .header('etag', operatorETag(created))
        .send(toOperatorResource(created, created.warnings))
    },
  )
}
