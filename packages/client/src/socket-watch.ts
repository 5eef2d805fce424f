import { AsyncLocalStorage } from 'node:async_hooks'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { Socket } from 'node:net'
import { isRecord } from './is-record.ts'

export type SocketWatch = Readonly<{
  /** Watches the sockets that `open` makes, and all that comes of it later, such as a reconnect. */
  run<T>(open: () => T): T
  /** Destroys those that are still waited for, and those that are made until `last` settles. */
  close(last: Promise<unknown>): void
}>

// https://nodejs.org/api/diagnostics_channel.html#built-in-channels
const NEW_SOCKET = 'net.client.socket'

/**
 * Destroys sockets that nothing is heard on for `silenceMs` from their begin. For a library that gives up on a server that
 * never greets, but leaves its socket open: one more with each attempt, and each keeps the process alive.
 */
export function watchSockets(silenceMs: number): SocketWatch {
  const scope = new AsyncLocalStorage<true>()
  const waiting = new Map<Socket, NodeJS.Timeout>()
  let closed = false

  function endIfSilent(socket: Socket): void {
    clearTimeout(waiting.get(socket))
    waiting.delete(socket)
    if (socket.bytesRead === 0) socket.destroy()
  }

  function onSocket(message: unknown): void {
    if (scope.getStore() !== true || !isRecord(message) || !(message.socket instanceof Socket)) return
    const { socket } = message
    if (closed) return void socket.destroy()
    waiting.set(
      socket,
      setTimeout(() => endIfSilent(socket), silenceMs),
    )
  }

  subscribe(NEW_SOCKET, onSocket)
  return {
    run: (open) => scope.run(true, open),
    close(last) {
      closed = true
      void last.finally(() => unsubscribe(NEW_SOCKET, onSocket))
      for (const socket of [...waiting.keys()]) endIfSilent(socket)
    },
  }
}
