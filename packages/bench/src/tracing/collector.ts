// A process that takes in traces as a collector does, and forgets them.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { answer } from '../process/remote.ts'

let octets = 0

const handlers = {
  /** Listens; resolves with its address. */
  async listen(_: Record<string, never>): Promise<string> {
    const server = createServer((request, response) => {
      request.on('data', (data: Buffer) => (octets += data.length)).on('end', () => response.end('{}'))
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  },

  /** What has come in so far. */
  received: async (_: Record<string, never>): Promise<number> => octets,
}

export type Collector = typeof handlers

answer(handlers)
