import {
  authenticate,
  createServer,
  describeApi,
  type HttpServer,
  type OverloadLimits,
  refuseOverload,
  type ServerSettings,
  showApiPage,
  type VerifyToken,
} from '@oms/adapters/http'
import { ADMIN_API } from './api-description.ts'
import type { AdminPorts } from './routes/admin-route.ts'
import { historyRoutes } from './routes/history/index.ts'
import { operatorRoutes } from './routes/operators/index.ts'
import { routingRoutes } from './routes/routing/index.ts'
import { routingRuleRoutes } from './routes/routing-rules/index.ts'
import { tpsLimitRoutes } from './routes/tps-limit/index.ts'

const ROUTES = [...operatorRoutes, ...tpsLimitRoutes, ...routingRuleRoutes, ...routingRoutes, ...historyRoutes]

export type AdminAppSettings = ServerSettings & Readonly<{ verifyToken: VerifyToken; overload?: OverloadLimits }>

/** The admin API without a listener: every operation below `/v1/admin`, and its description. */
export async function buildAdminApp(ports: AdminPorts, settings: AdminAppSettings): Promise<HttpServer> {
  const app = createServer(settings)
  await refuseOverload(app, settings.overload)
  await describeApi(app, ADMIN_API)
  await showApiPage(app)
  await app.register(
    async (scope) => {
      const admin = scope as HttpServer
      authenticate(admin, settings.verifyToken)
      for (const route of ROUTES) route(admin, ports)
    },
    { prefix: '/v1/admin' },
  )
  return app
}
