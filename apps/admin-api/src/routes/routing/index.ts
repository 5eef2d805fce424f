import type { AdminRoute } from '../admin-route.ts'
import { listDestinationPrefixesRoute } from './list-destination-prefixes.ts'
import { previewRoutingRoute } from './preview-routing.ts'

export const routingRoutes: readonly AdminRoute[] = [listDestinationPrefixesRoute, previewRoutingRoute]
