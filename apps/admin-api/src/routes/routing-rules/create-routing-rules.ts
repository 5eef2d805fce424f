import { versionETag, versionedResponse } from '@oms/adapters/http'
import {
  checkRoutingRules,
  type CreatedRules,
  CreateRoutingRulesBody,
  createRoutingRules,
  type Once,
} from '@oms/domain'
import { Type } from '@sinclair/typebox'
import { operatorCommand } from '../../change-context.ts'
import { answerPost } from '../../idempotency/answer-post.ts'
import { IDEMPOTENCY_PROBLEMS, replayedHeader } from '../../idempotency/idempotency-key.ts'
import { adminProblems, CHANGE_PROBLEMS } from '../admin-problems.ts'
import type { AdminRoute } from '../admin-route.ts'
import { OperatorParams, PostHeaders } from '../params.ts'
import { bulkRules } from './bulk-rules.ts'
import { bulkExamples } from './examples.ts'

const BODY_LIMIT = 5 * 1024 * 1024

const Query = Type.Object(
  { dryRun: Type.Boolean({ default: false, description: 'Only say whether the rules would be taken' }) },
  { additionalProperties: false },
)

const Created = Type.Object(
  {
    operatorId: Type.String(),
    version: Type.Integer({ description: "The operator's config version with all of them" }),
    created: Type.Integer(),
    ruleIds: Type.Array(Type.String(), { description: 'In the order of the rows' }),
  },
  { examples: [bulkExamples.created] },
)

const WouldCreate = Type.Object(
  {
    operatorId: Type.String(),
    version: Type.Integer({ description: "The operator's config version, unchanged" }),
    wouldCreate: Type.Integer(),
  },
  { examples: [bulkExamples.checked] },
)

export const createRoutingRulesRoute: AdminRoute = (app, ports) => {
  app.post(
    '/operators/:operatorId/routing-rules::bulk',
    {
      bodyLimit: BODY_LIMIT,
      // bulkRules goes on from what the schema found, to name the other rows at fault as well.
      attachValidation: true,
      schema: {
        operationId: 'createRoutingRules',
        tags: ['Routing rules'],
        summary: 'Add many routing rules to an operator, all or none, as one version',
        params: OperatorParams,
        headers: PostHeaders,
        querystring: Query,
        body: CreateRoutingRulesBody,
        response: {
          200: versionedResponse(WouldCreate, 'The rules would be taken; nothing was written'),
          201: versionedResponse(Created, 'The new rules', replayedHeader),
          ...adminProblems(...CHANGE_PROBLEMS, 'PREFIX_CONFLICT', ...IDEMPOTENCY_PROBLEMS),
        },
      },
    },
    async (request, reply) => {
      const command = { ...operatorCommand(request), rules: bulkRules(request) }
      const { operatorId, rules } = command
      if (request.query.dryRun) {
        const version = await ports.observe(request, { action: 'checkRoutingRules', operatorId }, () =>
          checkRoutingRules(ports, command),
        )
        return reply.header('etag', versionETag(version)).send({ operatorId, version, wouldCreate: rules.length })
      }
      const { status, headers, body } = await answerPost(
        ports,
        { request, reply },
        {
          run: (once?: Once<CreatedRules>) =>
            ports.observe(request, { action: 'createRoutingRules', operatorId }, () =>
              createRoutingRules(ports, { ...command, once }),
            ),
          answerTo: (made) => ({
            status: 201,
            headers: { etag: versionETag(made.version) },
            body: {
              operatorId,
              version: made.version,
              created: made.rules.length,
              ruleIds: made.rules.map(({ ruleId }) => ruleId),
            },
          }),
        },
      )
      return reply.code(status).headers(headers).send(body)
    },
  )
}
