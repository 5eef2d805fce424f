import { createServer, describeApi, type HttpServer, type MutualTls, type ServerSettings } from '@oms/adapters/http'
import { INTERNAL_API } from './api-description.ts'
import type { InternalPorts } from './routes/internal-route.ts'
import { operatorRoutes } from './routes/operators/index.ts'

/** The internal API without a listener; every route is for the clients on its list alone. */
export async function buildInternalApp(
  ports: InternalPorts,
  settings: ServerSettings & Readonly<{ tls: MutualTls }>,
): Promise<HttpServer> {
  const app = createServer({ ...settings, https: settings.tls.https })
  settings.tls.guard(app)
  await describeApi(app, INTERNAL_API)
  await app.register(
    async (scope) => {
      for (const route of operatorRoutes) route(scope, ports)
    },
    { prefix: '/v1/internal' },
  )
  return app
}
