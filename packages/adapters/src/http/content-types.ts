import { DomainError } from '@oms/domain'
import type { FastifyRequest } from 'fastify'
import type { HttpServer } from './ports.ts'
import { parseJsonBody } from './json-body.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The route takes `application/merge-patch+json` (RFC 7396) beside `application/json`. */
    mergePatch?: boolean
  }
}

const UTF8_CHARSET = /;\s*charset\s*=\s*"?utf-?8"?\s*(?:;|$)/i

/** JSON only; anything else is refused by Fastify as an unknown media type. */
export function acceptJson(app: HttpServer): void {
  app.addHook('onRequest', async (request) => refuseBodyOfRead(request))
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, async (request: FastifyRequest, body: Buffer) =>
    read(request, body),
  )
  app.addContentTypeParser(
    'application/merge-patch+json',
    { parseAs: 'buffer' },
    async (request: FastifyRequest, body: Buffer) => {
      if (request.routeOptions.config.mergePatch !== true) {
        throw new DomainError('UNSUPPORTED_MEDIA_TYPE', 'this path takes application/json only')
      }
      return read(request, body)
    },
  )
}

/** RFC 9110 §9.3.1: a body of a GET means nothing, and what nobody reads may be taken for the next request. */
function refuseBodyOfRead({ method, headers }: FastifyRequest): void {
  if (method !== 'GET' && method !== 'HEAD') return
  if (headers['transfer-encoding'] === undefined && Number(headers['content-length'] ?? 0) === 0) return
  throw new DomainError('INVALID_PAYLOAD', `a ${method} has no body`)
}

function read(request: FastifyRequest, body: Buffer): unknown {
  const type = request.headers['content-type'] ?? ''
  if (/;\s*charset\s*=/i.test(type) && !UTF8_CHARSET.test(type)) {
    throw new DomainError('UNSUPPORTED_MEDIA_TYPE', 'JSON is sent in UTF-8')
  }
  if (body.length > 0) return parseJsonBody(body)
  if (request.routeOptions.schema?.body === undefined) return undefined
  throw new DomainError('INVALID_PAYLOAD', 'the body is empty')
}
