import type { DevPki } from '@oms/devstack/pki'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { TLSSocket } from 'node:tls'

type Test = Readonly<{ teardown(end: () => void): void }>

export type Handler = (request: IncomingMessage & { socket: TLSSocket }, response: ServerResponse) => void

/** A server where internal-api would be, that demands a certificate of the same authority. */
export async function startTlsServer(t: Test, { server: own, ca }: DevPki, handler: Handler) {
  const files = { cert: readFileSync(own.cert), key: readFileSync(own.key), ca: readFileSync(ca) }
  const server = createServer({ ...files, requestCert: true, rejectUnauthorized: true })
  const paths: string[] = []
  const sockets = new Set<TLSSocket>()
  let connections = 0
  server.on('secureConnection', (socket) => {
    connections++
    sockets.add(socket)
    socket.on('error', () => {}).on('close', () => sockets.delete(socket))
  })
  server.on('request', (request, response) => {
    paths.push(request.url ?? '')
    handler(request as IncomingMessage & { socket: TLSSocket }, response)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`
  return { url, paths, connections: () => connections, open: () => sockets.size }
}
