import { ifMatch, operatorETag, operatorResponse, toOperatorResource } from '@oms/adapters/http'
import { operatorIdFrom, parseOperatorPatch, UpdateOperatorBody, updateOperator } from '@oms/domain'
import { changeContext } from '../../change-context.ts'
import { adminProblems, BODY_PROBLEMS } from '../admin-problems.ts'
import type { AdminRoute } from '../admin-route.ts'
import { IfMatchHeader, OperatorParams } from './params.ts'

export const updateOperatorRoute: AdminRoute = (app, ports) => {
  app.patch(
    '/operators/:operatorId',
    {
      config: { mergePatch: true },
      schema: {
        operationId: 'updateOperator',
        tags: ['Operators'],
        summary: 'Change an operator by a JSON merge patch; a password in it is rotated in Vault',
        consumes: ['application/merge-patch+json', 'application/json'],
        params: OperatorParams,
        headers: IfMatchHeader,
        body: UpdateOperatorBody,
        response: {
          200: operatorResponse('The operator as it is now'),
          ...adminProblems(
            'OPERATOR_NOT_FOUND',
            'DUPLICATE_OPERATOR',
            'DUPLICATE_NAME',
            'INVALID_STATUS_TRANSITION',
            'VERSION_MISMATCH',
            'VAULT_UNAVAILABLE',
            'CREDENTIALS_MISSING',
            ...BODY_PROBLEMS,
          ),
        },
      },
    },
    async (request, reply) => {
      const operatorId = operatorIdFrom(request.params.operatorId)
      const expected = ifMatch(request.headers['if-match'])
      const command = {
        operatorId,
        patch: parseOperatorPatch(request.body),
        ...(expected === undefined ? {} : { ifMatch: expected }),
        context: changeContext(request),
      }
      const updated = await ports.observe({ action: 'update', adminId: command.context.actor, operatorId }, () =>
        updateOperator(ports, command),
      )
      return reply.header('etag', operatorETag(updated)).send(toOperatorResource(updated, updated.warnings))
    },
  )
}
