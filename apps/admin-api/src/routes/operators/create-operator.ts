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
      const facts = { useCase: 'createOperator', adminId: command.context.actor } as const
      const { status, headers, body } = await answerPost(
        ports,
        { request, reply },
        {
          run: (once?: Once<CreatedOperator>) =>
            ports.observe({ ...facts, operatorIdOf: ({ operator }) => operator.operatorId }, () =>
              createOperator(ports, { ...command, once }),
            ),
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
