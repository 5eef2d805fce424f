import { operatorETag, problemResponses } from '@oms/adapters/http'
import { operatorIdFrom, operatorNotFound } from '@oms/domain'
import type { InternalRoute } from '../internal-route.ts'
import { DirectoryResource, directoryResponse, toDirectoryResource } from './directory-resource.ts'
import { OperatorParams } from './params.ts'

export const getOperatorRoute: InternalRoute = (app, ports) => {
  app.get(
    '/operators/:operatorId',
    {
      config: { client: 'directory' },
      schema: {
        operationId: 'getOperator',
        tags: ['Operators'],
        summary: 'Read a live operator with its rules',
        params: OperatorParams,
        response: {
          200: directoryResponse('The operator with its rules', DirectoryResource),
          ...problemResponses('CLIENT_NOT_ALLOWED', 'OPERATOR_NOT_FOUND'),
        },
      },
    },
    async (request, reply) => {
      const operatorId = operatorIdFrom(request.params.operatorId)
      const entry = await ports.observe(request, { action: 'getOperator', operatorId }, async () => {
        const found = await ports.directory.find(operatorId)
        if (found === undefined) throw operatorNotFound()
        return found
      })
      return reply.header('etag', operatorETag(entry)).send(toDirectoryResource(entry))
    },
  )
}
