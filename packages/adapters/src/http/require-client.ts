import { DomainError } from '@oms/domain'
import type { Socket } from 'node:net'
import { TLSSocket } from 'node:tls'
import type { AllowList } from './allow-list.ts'
import { peerIdentity } from './peer-identity.ts'
import type { HttpServer } from './ports.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The name under which the list of clients allows this route. */
    client?: string
  }
}

/** Lets only those certificates call a route that the list allows there; asked anew for each request. */
export function requireClients(app: HttpServer, allowList: () => AllowList): void {
  const identities = new WeakMap<Socket, { identity: string | undefined }>()

  const identityOf = (socket: Socket): string | undefined => {
    let known = identities.get(socket)
    if (known === undefined) {
      known = { identity: readIdentity(socket) }
      identities.set(socket, known)
    }
    return known.identity
  }

  app.addHook('onRoute', ({ url, config }) => {
    if (config?.client === undefined) throw new Error(`the route ${url} does not say which clients may call it`)
  })

  app.addHook('onRequest', async (request) => {
    const identity = identityOf(request.raw.socket)
    request.identity = { client: identity ?? 'ambiguous' }
    const route = request.routeOptions.config.client
    const allowed = identity === undefined ? undefined : allowList().get(identity)
    if (route === undefined || allowed?.has(route) !== true) {
      throw new DomainError('CLIENT_NOT_ALLOWED', 'this client certificate may not call this route')
    }
  })
}

function readIdentity(socket: Socket): string | undefined {
  const certificate = socket instanceof TLSSocket && socket.authorized ? socket.getPeerX509Certificate() : undefined
  return certificate === undefined ? undefined : peerIdentity(Uint8Array.from(certificate.raw))
}
