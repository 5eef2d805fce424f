import type { Server } from 'node:net'

/**
 * Vault lists with the method LIST, which Node's HTTP parser refuses. It knows LINK, of the same length, which no
 * Vault client sends: rewrite the request line in place before the parser sees it. A chunk that begins with
 * `LIST /` is a request line, for bodies are JSON.
 */
export const LIST = 'LINK'

export function acceptListMethod(server: Server, event: 'connection' | 'secureConnection'): void {
  server.on(event, (socket: import('node:net').Socket) => {
    socket.prependListener('data', (chunk: Buffer) => {
      if (chunk.length > 6 && chunk.toString('latin1', 0, 6) === 'LIST /') chunk.write(LIST, 0, 'latin1')
    })
  })
}
