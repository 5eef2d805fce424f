import { DomainError, invalid } from '@oms/domain'
import type { FastifyRequest } from 'fastify'
import type { HttpServer } from './ports.ts'
import { printableName } from './validation-errors.ts'

type Property = Readonly<{ type?: unknown }>
type Described = Readonly<{
  /** What has none is no operation of the API: the pages of its description. */
  operationId?: string
  querystring?: Readonly<{ properties?: Readonly<Record<string, Property>> }>
}>

/**
 * Query strings are text; bodies are not, so Ajv coerces nothing and this does it for queries alone. An
 * operation that describes no query takes none.
 */
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
  const query = request.query as Record<string, unknown>
  const { querystring, operationId } = (request.routeOptions.schema ?? {}) as Described
  if (querystring === undefined && operationId !== undefined) refuseParameters(Object.keys(query))
  for (const [name, { type }] of Object.entries(querystring?.properties ?? {})) {
    const text = query[name]
    if (typeof text === 'string') query[name] = fromText(type, text)
  }
}

function refuseParameters(names: readonly string[]): void {
  if (names.length === 0) return
  const errors = names.map((name) => ({ path: printableName(name), message: 'is not a known parameter' }))
  throw new DomainError('INVALID_PAYLOAD', 'this path takes no query parameters', { errors })
}

/** What is not a number or a boolean stays text, for the schema to refuse. */
function fromText(type: unknown, text: string): unknown {
  if (type === 'integer' && /^-?\d{1,15}$/.test(text)) return Number(text)
  if (type === 'number' && /^-?\d{1,15}(?:\.\d{1,15})?$/.test(text)) return Number(text)
  if (type === 'boolean' && (text === 'true' || text === 'false')) return text === 'true'
  return text
}
