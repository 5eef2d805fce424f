import { destination, plmnSelector, previewRouting } from '@oms/domain'
import { Type } from '@sinclair/typebox'
import { adminProblems } from '../admin-problems.ts'
import type { AdminRoute } from '../admin-route.ts'
import { RoutingPreviewResource, toRoutingPreviewResource } from './routing-preview-resource.ts'

const Query = Type.Object(
  {
    to: Type.String({ description: 'E.164 number, or the beginning of one, as +93701234567' }),
    mcc: Type.Optional(Type.String({ description: 'Country of the network, where it is known' })),
    mnc: Type.Optional(Type.String({ description: 'Its network code, only with an mcc' })),
  },
  { additionalProperties: false },
)

export const previewRoutingRoute: AdminRoute = (app, ports) => {
  app.get(
    '/routing/preview',
    {
      schema: {
        operationId: 'previewRouting',
        tags: ['Routing'],
        summary: 'See which operators a message would be offered to, in order, and which rules are passed over and why',
        querystring: Query,
        response: { 200: RoutingPreviewResource, ...adminProblems() },
      },
    },
    async (request) => {
      const { mcc = null, mnc = null } = request.query
      const to = destination(request.query.to, 'to')
      const selector = plmnSelector({ mcc, mnc })
      const preview = await ports.observe(request, { action: 'previewRouting' }, () =>
        previewRouting(ports, to, selector),
      )
      return toRoutingPreviewResource(to, preview)
    },
  )
}
