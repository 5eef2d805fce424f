import type { AdminRoute } from '../admin-route.ts'
import { getTpsLimitRoute } from './get-tps-limit.ts'
import { setTpsLimitRoute } from './set-tps-limit.ts'

export const tpsLimitRoutes: readonly AdminRoute[] = [getTpsLimitRoute, setTpsLimitRoute]
