import { TpsLimitResource, versionETag, versionedResponse } from '@oms/adapters/http'
import { setTpsLimit, TpsLimitBody, tpsLimit } from '@oms/domain'
import { operatorCommand } from '../../change-context.ts'
import { adminProblems, CHANGE_PROBLEMS } from '../admin-problems.ts'
import type { AdminRoute } from '../admin-route.ts'
import { IfMatchHeader, OperatorParams } from '../params.ts'

export const setTpsLimitRoute: AdminRoute = (app, ports) => {
  app.put(
    '/operators/:operatorId/tps-limit',
    {
      schema: {
        operationId: 'setTpsLimit',
        tags: ['TPS limits'],
        summary: 'Replace the TPS limit of an operator; what is left out gets its default',
        params: OperatorParams,
        headers: IfMatchHeader,
        body: TpsLimitBody,
        response: {
          200: versionedResponse(TpsLimitResource, 'The limit as it is now'),
          ...adminProblems(...CHANGE_PROBLEMS),
        },
      },
    },
    async (request, reply) => {
      const command = { ...operatorCommand(request), tpsLimit: tpsLimit(request.body, '') }
      const { operatorId } = command
      const operator = await ports.observe(request, { action: 'setTpsLimit', operatorId }, () =>
        setTpsLimit(ports, command),
      )
      return reply.header('etag', versionETag(operator.version)).send(operator.tpsLimit)
    },
  )
}
