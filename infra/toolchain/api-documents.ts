// What each API says of itself, from the app as it is built, without a listener and without anything behind its ports.
import type { HttpServer, MutualTls } from '@oms/adapters/http'
import { createLogger, createMetrics, openTrace } from '@oms/adapters/telemetry'
import { buildAdminApp } from '../../apps/admin-api/src/app.ts'
import { buildInternalApp } from '../../apps/internal-api/src/app.ts'

export type ApiDocument = Readonly<Record<string, unknown>>

export const API_APPS = ['admin-api', 'internal-api'] as const
export type ApiApp = (typeof API_APPS)[number]

const sinks = (app: ApiApp) => ({
  log: createLogger({ level: 'silent', app }),
  metrics: createMetrics({ app, version: 'docs' }),
  openTrace,
})

const withoutTls: MutualTls = { https: {}, guard: () => {}, [Symbol.dispose]: () => {} }

const BUILDERS: Readonly<Record<ApiApp, () => Promise<HttpServer>>> = {
  'admin-api': () =>
    buildAdminApp(neverCalled('a port'), { ...sinks('admin-api'), verifyToken: neverCalled('verifyToken') }),
  'internal-api': () => buildInternalApp(neverCalled('a port'), { ...sinks('internal-api'), tls: withoutTls }),
}

/** The OpenAPI document of each app, as plain JSON. */
export async function apiDocuments(): Promise<Readonly<Record<ApiApp, ApiDocument>>> {
  const documents = API_APPS.map(async (name): Promise<[ApiApp, ApiDocument]> => {
    const app = await BUILDERS[name]()
    try {
      await app.ready()
      return [name, JSON.parse(JSON.stringify(app.swagger())) as ApiDocument]
    } finally {
      await app.close()
    }
  })
  return Object.fromEntries(await Promise.all(documents)) as Record<ApiApp, ApiDocument>
}

/** Stands for anything that a route is given: every member of it is there, and none of them can be used. */
function neverCalled(name: string): never {
  const refuse = () => {
    throw new Error(`${name} was called while describing the API`)
  }
  return new Proxy(refuse, { get: (_, member) => neverCalled(`${name}.${String(member)}`) }) as never
}
