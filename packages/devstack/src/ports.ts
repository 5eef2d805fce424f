import { once } from 'node:events'
import { createServer } from 'node:net'

export const LOOPBACK = '127.0.0.1'

/** The preferred port when nobody listens there, else one that the kernel picks. */
export async function freePort(preferred?: number): Promise<number> {
  if (preferred !== undefined && (await isFree(preferred))) return preferred
  return (await tryListen(0)) ?? (await freePort())
}

export async function isFree(port: number): Promise<boolean> {
  return (await tryListen(port)) !== undefined
}

async function tryListen(port: number): Promise<number | undefined> {
  const server = createServer()
  try {
    server.listen({ port, host: LOOPBACK, exclusive: true })
    await once(server, 'listening')
    const address = server.address()
    return typeof address === 'object' && address ? address.port : undefined
  } catch {
    return undefined
  } finally {
    server.close()
  }
}
