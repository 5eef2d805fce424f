import { operatorETag, operatorResponse, toOperatorResource } from '@oms/adapters/http'
import { parseOperatorPatch, UpdateOperatorBody, updateOperator } from '@oms/domain'
import { operatorCommand } from '../../change-context.ts'
import { adminProblems, CHANGE_PROBLEMS } from '../admin-problems.ts'
import type { AdminRoute } from '../admin-route.ts'
import { IfMatchHeader, OperatorParams } from '../params.ts'

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
            ...CHANGE_PROBLEMS,
            'DUPLICATE_OPERATOR',
            'DUPLICATE_NAME',
            'INVALID_STATUS_TRANSITION',
            'VAULT_UNAVAILABLE',
            'CREDENTIALS_MISSING',
          ),
        },
      },
    },
    async (request, reply) => {
      const command = { ...operatorCommand(request), patch: parseOperatorPatch(request.body) }
      const { operatorId, patch } = command
      const acrossVault = patch.password !== undefined || patch.systemId !== undefined
      const vaultPath = acrossVault ? ports.credentialsPath(operatorId) : undefined
      const updated = await ports.observe(request, { action: 'updateOperator', operatorId, vaultPath }, () =>
        updateOperator(ports, command),
      )
      return reply.header('etag', operatorETag(updated)).send(toOperatorResource(updated, updated.warnings))
    },
  )
}
