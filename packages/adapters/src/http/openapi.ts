import swagger from '@fastify/swagger'
import swaggerUi from '@fastify/swagger-ui'
import type { FastifySchema } from 'fastify'
import type { HttpServer } from './ports.ts'

export type ApiDescription = Readonly<{
  title: string
  version: string
  description: string
  securitySchemes?: Readonly<Record<string, object>>
}>

/**
 * OpenAPI 3.1 at `/openapi.json`, generated from the schemas that validate, and a page of it at `/docs` with assets from
 * this server. Register before the routes.
 */
export async function describeApi(app: HttpServer, api: ApiDescription): Promise<void> {
  const { title, version, description, securitySchemes } = api
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: { title, version, description },
      ...(securitySchemes === undefined
        ? {}
        : {
            components: { securitySchemes: securitySchemes as Record<string, never> },
            security: Object.keys(securitySchemes).map((name) => ({ [name]: [] })),
          }),
    },
    transform: ({ schema, url }) => ({ schema: withOptionalDefaults(schema), url }),
  })
  await app.register(swaggerUi, { routePrefix: '/docs', staticCSP: true })
  app.get('/openapi.json', { schema: { hide: true } }, async () => app.swagger())
}

/** To Ajv a parameter with a default is always there; the caller may leave it out. */
function withOptionalDefaults(schema: FastifySchema): FastifySchema {
  const query = schema?.querystring as { properties: Record<string, { default?: unknown }>; required?: string[] }
  if (query?.required === undefined) return schema
  const required = query.required.filter((name) => query.properties[name]?.default === undefined)
  return { ...schema, querystring: { ...query, required } }
}
