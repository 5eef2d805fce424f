import type { AdminRoute } from '../admin-route.ts'
import { listAuditLogRoute, listOperatorAuditLogRoute } from './list-audit-log.ts'
import { listHealthLogRoute } from './list-health-log.ts'

export const historyRoutes: readonly AdminRoute[] = [listAuditLogRoute, listOperatorAuditLogRoute, listHealthLogRoute]
