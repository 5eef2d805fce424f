import { operatorETag, operatorResponse, toOperatorResource } from '@oms/adapters/http'
import { type CreatedOperator, CreateOperatorBody, createOperator, type Once, parseCreateOperator } from '@oms/domain'
import { Type } from '@sinclair/typebox'
import { changeContext } from '../../change-context.ts'
import { answerPost } from '../../idempotency/answer-post.ts'
import { IDEMPOTENCY_PROBLEMS, IdempotencyKeyHeader, replayedHeader } from '../../idempotency/idempotency-key.ts'
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
        headers: IdempotencyKeyHeader,
        body: CreateOperatorBody,
        response: {
          201: operatorResponse('The new operator', {
            Location: Type.String({ description: 'Its path' }),
            ...replayedHeader,
          }),
          ...adminProblems(
            'DUPLICATE_OPERATOR',
            'DUPLICATE_NAME',
            ...IDEMPOTENCY_PROBLEMS,
            'VAULT_UNAVAILABLE',
            ...BODY_PROBLEMS,
          ),
        },
      },
    },
    async (request, reply) => {
      const command = parseCreateOperator(request.body, changeContext(request))
      const { status, headers, body } = await answerPost(
        ports,
        { request, reply },
        {
          run(once?: Once<CreatedOperator>) {
            // Drawn here, so that line and span of a create that fails name it, too.
            const operatorId = ports.newOperatorId()
            const vaultPath = ports.credentialsPath(operatorId)
            return ports.observe(request, { action: 'createOperator', operatorId, vaultPath }, () =>
              createOperator({ ...ports, newOperatorId: () => operatorId }, { ...command, once }),
            )
          },
          answerTo: (created) => ({
            status: 201,
            headers: { location: `/v1/admin/operators/${created.operator.operatorId}`, etag: operatorETag(created) },
            body: toOperatorResource(created, created.warnings),
          }),
        },
      )
      return reply.code(status).headers(headers).send(body)
    },
  )
}
