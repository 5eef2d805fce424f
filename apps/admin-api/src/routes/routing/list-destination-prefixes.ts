import { nullableText } from '@oms/adapters/http'
import { destination, isOperatorId, OPERATOR_ID_PATTERN } from '@oms/domain'
import { Type } from '@sinclair/typebox'
import { adminProblems } from '../admin-problems.ts'
import type { AdminRoute } from '../admin-route.ts'
import { paged, pageOf, toPage } from '../paging.ts'

const Query = Type.Object(
  {
    operatorId: Type.Optional(Type.String({ pattern: OPERATOR_ID_PATTERN })),
    covers: Type.Optional(
      Type.String({ description: 'A number or the beginning of one, as +9370: only prefixes that it has' }),
    ),
    ...paged,
  },
  { additionalProperties: false },
)

const DestinationPrefixResource = Type.Object(
  {
    prefix: Type.String(),
    mcc: nullableText,
    mnc: nullableText,
    operatorId: Type.String(),
    ruleId: Type.String(),
    rangeStart: Type.String({ description: 'The first number of 15 digits that it holds' }),
    rangeEnd: Type.String({ description: 'The last one' }),
  },
  { title: 'DestinationPrefix' },
)

export const listDestinationPrefixesRoute: AdminRoute = (app, ports) => {
  app.get(
    '/destination-prefixes',
    {
      schema: {
        operationId: 'listDestinationPrefixes',
        tags: ['Routing'],
        summary: 'List the prefixes of all active rules of live operators, by prefix',
        querystring: Query,
        response: { 200: pageOf(DestinationPrefixResource, 'A page of prefixes'), ...adminProblems() },
      },
    },
    async (request) => {
      const { operatorId, covers, page, limit } = request.query
      const query = {
        ...(operatorId !== undefined && isOperatorId(operatorId) ? { operatorId } : {}),
        ...(covers === undefined ? {} : { covers: destination(covers, 'covers') }),
        page,
        limit,
      }
      const useCase = { action: 'listDestinationPrefixes', operatorId } as const
      const { destinations, total } = await ports.observe(request, useCase, () =>
        ports.routingRules.destinationPrefixes(query),
      )
      return toPage([...destinations], total, request.query)
    },
  )
}
