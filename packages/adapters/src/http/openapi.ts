import swagger from '@fastify/swagger'
import swaggerUi from '@fastify/swagger-ui'
import type { FastifyContextConfig, FastifySchema } from 'fastify'
import { readFileSync } from 'node:fs'
import { withComponents } from './openapi-components.ts'
import type { HttpServer } from './ports.ts'

/** By operationId: a body as callers send it, and one as they get it. */
export type ApiExamples = Readonly<Record<string, Readonly<{ request?: unknown; response?: unknown }>>>

export type ApiDescription = Readonly<{
  title: string
  version: string
  description: string
  securitySchemes?: Readonly<Record<string, object>>
  examples?: ApiExamples
  /** The route config of `/openapi.json`, where every route needs one. */
  access?: FastifyContextConfig
}>

/** OpenAPI 3.1 at `/openapi.json`, generated from the schemas that validate. Register before the routes. */
export async function describeApi(app: HttpServer, api: ApiDescription): Promise<void> {
  const { title, version, description, securitySchemes, examples = {}, access = {} } = api
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
    transform: ({ schema, url }) => ({ schema: withExamples(withOptionalDefaults(schema), examples), url }),
    transformObject: (document) => ('openapiObject' in document ? withComponents(document.openapiObject) : {}),
  })
  app.get('/openapi.json', { schema: { hide: true }, config: access }, async () => app.swagger())
}

/** The description as a page for people at `/docs`, its assets from this server. */
export async function showApiPage(app: HttpServer): Promise<void> {
  await app.register(swaggerUi, { routePrefix: '/docs', staticCSP: true })
}

/** The version in the package.json above this module's folder; the same seen from `src` and from `dist`. */
export function packageVersion(moduleUrl: string): string {
  const { version } = JSON.parse(readFileSync(new URL('../package.json', moduleUrl), 'utf8')) as { version: string }
  return version
}

/** To Ajv a parameter with a default is always there; the caller may leave it out. */
function withOptionalDefaults(schema: FastifySchema): FastifySchema {
  const query = schema?.querystring as { properties: Record<string, { default?: unknown }>; required?: string[] }
  if (query?.required === undefined) return schema
  const required = query.required.filter((name) => query.properties[name]?.default === undefined)
  return { ...schema, querystring: { ...query, required } }
}

function withExamples(schema: FastifySchema, examples: ApiExamples): FastifySchema {
  const { request, response } = examples[schema?.operationId ?? ''] ?? {}
  if (request === undefined && response === undefined) return schema
  const answers = Object.entries((schema.response ?? {}) as Record<string, { type?: string }>).map(
    ([status, answer]) => {
      const takes = response !== undefined && status.startsWith('2') && answer.type !== 'null'
      return [status, takes ? { ...answer, examples: [response] } : answer]
    },
  )
  return {
    ...schema,
    ...(request === undefined ? {} : { body: { ...(schema.body as object), examples: [request] } }),
    response: Object.fromEntries(answers) as Record<string, unknown>,
  }
}
