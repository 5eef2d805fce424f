import { DomainError, isDomainError } from '@oms/domain'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { HttpServer } from './ports.ts'
import type { Caller, VerifyToken } from './token-verifier.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** Set on every route behind `authenticate`. */
    caller: Caller
  }
}

const BEARER = /^Bearer +([\w-]+\.[\w-]*\.[\w-]*) *$/i
const ADMIN = 'ops:admin'
const READ = 'ops:read'
const SAFE_METHODS = new Set(['GET', 'HEAD'])

/**
 * Demands a bearer token with `ops:admin`, or `ops:read` to read, on all routes of this scope. The gateway's word
 * is not taken for it: `X-Admin-Id`, when present, must equal the token's subject.
 */
export function authenticate(app: HttpServer, verify: VerifyToken): void {
  if (!app.hasRequestDecorator('caller')) app.decorateRequest('caller', undefined as unknown as Caller)

  app.addHook('onRequest', async (request, reply) => {
    const caller = await callerOf(request, reply, verify)
    request.identity = { adminId: caller.subject }
    authorize(request, reply, caller)
    request.caller = caller
  })
}

async function callerOf(request: FastifyRequest, reply: FastifyReply, verify: VerifyToken): Promise<Caller> {
  const [, token] = BEARER.exec(request.headers.authorization ?? '') ?? []
  if (token === undefined || isRepeated(request)) {
    challenge(reply)
    throw new DomainError('UNAUTHENTICATED', 'send one bearer token')
  }
  try {
    return await verify(token)
  } catch (error) {
    if (isDomainError(error, 'UNAUTHENTICATED')) challenge(reply, 'invalid_token')
    throw error
  }
}

function authorize(request: FastifyRequest, reply: FastifyReply, { subject, scopes }: Caller): void {
  const mayRead = SAFE_METHODS.has(request.method) && scopes.has(READ)
  if (!scopes.has(ADMIN) && !mayRead) {
    challenge(reply, 'insufficient_scope')
    const needed = SAFE_METHODS.has(request.method) ? `${READ} or ${ADMIN}` : ADMIN
    throw new DomainError('FORBIDDEN', `the token lacks the scope ${needed}`)
  }
  const adminId = request.headers['x-admin-id']
  if (adminId !== undefined && adminId !== subject) {
    throw new DomainError('FORBIDDEN', 'X-Admin-Id is not the subject of the token')
  }
}

/** Node keeps the first of several; another parser on the way may have checked the last. */
const isRepeated = ({ raw }: FastifyRequest): boolean =>
  raw.rawHeaders.filter((name, index) => index % 2 === 0 && name.toLowerCase() === 'authorization').length > 1

/** RFC 6750 §3 */
function challenge(reply: FastifyReply, error?: 'invalid_token' | 'insufficient_scope'): void {
  const realm = 'Bearer realm="operator-management-service"'
  reply.header('www-authenticate', error === undefined ? realm : `${realm}, error="${error}"`)
}
