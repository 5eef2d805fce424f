import { once } from 'node:events'
import { createServer } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

/**
 * Runs `work` in one process of this Linux machine at a time. The lock is a socket in the abstract namespace (unix(7)): it
 * lives exactly as long as its holder, so that there is no stale lock to clear after a crash.
 */
export async function withMachineLock<T>(name: string, work: () => Promise<T>): Promise<T> {
  const server = createServer()
  while (!(await listens(server, `\0${name}`))) await sleep(100)
  try {
    return await work()
  } finally {
    server.close()
  }
}

async function listens(server: ReturnType<typeof createServer>, path: string): Promise<boolean> {
  try {
    server.listen(path)
    await once(server, 'listening')
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EADDRINUSE') return false
    throw error
  }
}
