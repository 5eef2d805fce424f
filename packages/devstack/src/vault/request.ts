import type { IncomingMessage } from 'node:http'
import type { Call, Verb } from './call.ts'
import type { Body } from './input.ts'
import { LIST } from './list-method.ts'
import { badRequest, unsupportedOperation, VaultError } from './reply.ts'

/** Reads one HTTP request into a call. */

const MAX_BODY_BYTES = 32 * 1024 * 1024

const VERBS: Readonly<Record<string, Verb>> = {
  GET: 'read',
  HEAD: 'read',
  POST: 'write',
  PUT: 'write',
  PATCH: 'patch',
  DELETE: 'delete',
  [LIST]: 'list',
}

/** The method as the client wrote it. */
export const methodOf = (request: IncomingMessage): string =>
  request.method === LIST ? 'LIST' : (request.method ?? 'GET')

export const pathOf = (request: IncomingMessage): string => (request.url ?? '/').split('?', 1)[0] ?? '/'

/** The whole body, or undefined when it is longer than Vault takes. */
export async function receive(request: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size <= MAX_BODY_BYTES) chunks.push(chunk)
  }
  return size > MAX_BODY_BYTES ? undefined : Buffer.concat(chunks)
}

export function readCall(request: IncomingMessage, received: Buffer | undefined, now: number): Call {
  const query = new URLSearchParams((request.url ?? '').split('?').slice(1).join('?'))
  const listing = request.method === 'GET' && query.get('list') === 'true'
  const verb = listing ? 'list' : VERBS[request.method ?? '']
  const path = decodePath(pathOf(request))
  const body = parseBody(received)
  if (verb === undefined) throw unsupportedOperation()
  return {
    verb,
    path: verb === 'list' && !path.endsWith('/') ? `${path}/` : path,
    namespace: decodeNamespace(headerOf(request, 'x-vault-namespace') ?? ''),
    query,
    body,
    contentType: (headerOf(request, 'content-type') ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? '',
    token: tokenOf(request),
    now,
  }
}

function headerOf(request: IncomingMessage, name: string): string | undefined {
  const value = request.headers[name]
  return Array.isArray(value) ? value[0] : value
}

function tokenOf(request: IncomingMessage): string | undefined {
  const bearer = /^Bearer +(\S+)$/i.exec(headerOf(request, 'authorization') ?? '')?.[1]
  return headerOf(request, 'x-vault-token') ?? bearer
}

/** Relative to `/v1/`. Nothing that could mean another path once someone cleans it. */
function decodePath(raw: string): string {
  if (!raw.startsWith('/v1/')) throw new VaultError(404)
  let path: string
  try {
    path = decodeURIComponent(raw.slice(4))
  } catch {
    throw badRequest('malformed path')
  }
  const segments = path.split('/')
  if (segments.includes('..') || segments.includes('.')) throw badRequest('relative paths not supported')
  if (segments.slice(0, -1).includes('')) throw badRequest('path holds an empty segment')
  if (/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u.test(path)) throw badRequest('path contains unprintable characters')
  return path
}

function decodeNamespace(header: string): string {
  const name = header.replace(/^\/+|\/+$/g, '')
  if (name === 'root') return ''
  if (name !== '' && !/^[\w-]+(\/[\w-]+)*$/.test(name)) throw badRequest('malformed namespace')
  return name
}

function parseBody(received: Buffer | undefined): Body {
  if (received === undefined) throw new VaultError(413, 'http: request body too large')
  const text = received.toString('utf8')
  if (text.trim() === '') return {}
  try {
    const body = JSON.parse(text) as unknown
    if (typeof body === 'object' && body !== null && !Array.isArray(body)) return body as Body
  } catch {
    // answered below; the parser's own message would quote the body
  }
  throw badRequest('failed to parse JSON input')
}
