import { invalid } from '@oms/domain'
import type { FastifyRequest } from 'fastify'
import type { HttpServer } from './ports.ts'

type Property = Readonly<{ type?: unknown }>

/** Query strings are text; bodies are not, so Ajv coerces nothing and this does it for queries alone. */
export function convertQueries(app: HttpServer): void {
  app.addHook('onRequest', async (request) => refuseBadUrl(request.url))
  app.addHook('preValidation', async (request) => convert(request))
}

function refuseBadUrl(url: string): void {
  if (!url.includes('%')) return
  let decoded: string
  try {
    decoded = decodeURIComponent(url)
  } catch {
    throw invalid('', 'the URL is not well-formed')
  }
  if (decoded.includes('\0')) throw invalid('', 'the URL must not contain NUL characters')
}

function convert(request: FastifyRequest): void {
  const schema = request.routeOptions.schema?.querystring as { properties?: Record<string, Property> } | undefined
  if (schema?.properties === undefined) return
  const query = request.query as Record<string, unknown>
  for (const [name, { type }] of Object.entries(schema.properties)) {
    const text = query[name]
    if (typeof text === 'string') query[name] = fromText(type, text)
  }
}

/** What is not a number or a boolean stays text, for the schema to refuse. */
function fromText(type: unknown, text: string): unknown {
  if (type === 'integer' && /^-?\d{1,15}$/.test(text)) return Number(text)
  if (type === 'number' && /^-?\d{1,15}(?:\.\d{1,15})?$/.test(text)) return Number(text)
  if (type === 'boolean' && (text === 'true' || text === 'false')) return text === 'true'
  return text
}
