import { ifMatch, operatorETag, OperatorResource, problemResponses, toOperatorResource } from '@oms/adapters/http'
import { operatorIdFrom, parseOperatorPatch, UpdateOperatorBody, updateOperator } from '@oms/domain'
import { changeContext } from '../../change-context.ts'
import type { AdminRoute } from '../admin-route.ts'
import { IfMatchHeader, OperatorParams } from './params.ts'

export const updateOperatorRoute: AdminRoute = (app, ports) => {
  app.patch(
    '/operators/:operatorId',
    {
      config: { mergePatch: true },
      schema: {
        operationId: 'updateOperator',
        summary: 'Change an operator by a JSON merge patch; a password in it is rotated in Vault',
        consumes: ['application/merge-patch+json', 'application/json'],
        params: OperatorParams,
        headers: IfMatchHeader,
        body: UpdateOperatorBody,
        response: {
          200: OperatorResource,
          ...problemResponses(
            'INVALID_PAYLOAD',
            'OPERATOR_NOT_FOUND',
            'DUPLICATE_OPERATOR',
            'VERSION_MISMATCH',
            'VAULT_UNAVAILABLE',
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
