import type { ServerResponse } from 'node:http'
import type { Server } from 'node:https'
import type { Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'

type Connection = { busy: number; retired: boolean; timer: NodeJS.Timeout }

export type ConnectionGuard = Readonly<{
  /** Closes idle connections now and the others after their current answer; also those still in their handshake. */
  retireAll(): void
  isRetired(socket: Socket): boolean
}>

/** Bounds the life of connections: TLS checks a client when it connects and never again. */
export function guardConnections(server: Server, maxAgeMs: number): ConnectionGuard {
  const connections = new Map<Socket, Connection>()
  const handshakes = new Map<string, number>()
  let generation = 0

  const retire = (socket: Socket, connection: Connection): void => {
    connection.retired = true
    if (connection.busy === 0) socket.destroySoon()
  }

  server.on('connection', (socket: Socket) => {
    const peer = peerOf(socket)
    handshakes.set(peer, generation)
    socket.once('close', () => handshakes.delete(peer))
  })

  server.prependListener('secureConnection', (socket: TLSSocket) => {
    const timer = setTimeout(() => retire(socket, connection), maxAgeMs).unref()
    // Judged by the files of before: one answer at most.
    const connection = { busy: 0, retired: handshakes.get(peerOf(socket)) !== generation, timer }
    connections.set(socket, connection)
    socket.once('close', () => {
      clearTimeout(timer)
      connections.delete(socket)
    })
  })

  server.prependListener('request', ({ socket }: { socket: Socket }, response: ServerResponse) => {
    const connection = connections.get(socket)
    if (connection === undefined) return
    connection.busy++
    response.once('close', () => {
      connection.busy--
      if (connection.retired && connection.busy === 0) socket.destroySoon()
    })
  })

  return {
    retireAll() {
      generation++
      for (const [socket, connection] of connections) retire(socket, connection)
    },
    isRetired: (socket) => connections.get(socket)?.retired === true,
  }
}

/** Ties a TLS socket to the TCP connection below it. */
const peerOf = ({ remoteAddress, remotePort }: Socket): string => `${remoteAddress} ${remotePort}`
