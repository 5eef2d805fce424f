import { open, readFile, rm } from 'node:fs/promises'
import { identify } from '../lifetime/processes.ts'

export class StackIsRunning extends Error {
  override readonly name = 'StackIsRunning'
}

/** One local stack per checkout: a second one would share its data. Rejects with StackIsRunning. */
export async function lockStack(path: string): Promise<AsyncDisposable> {
  const own = JSON.stringify(identify(process.pid))
  for (;;) {
    try {
      const file = await open(path, 'wx', 0o600)
      await file.writeFile(own)
      await file.close()
      return { [Symbol.asyncDispose]: () => rm(path, { force: true }) }
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
      const holder = await holderOf(path)
      if (holder !== undefined) {
        throw new StackIsRunning(`the stack of this checkout runs already, as process ${holder}; stop it first`)
      }
      await rm(path, { force: true })
    }
  }
}

/** The pid in the lock, when that very process still runs. */
async function holderOf(path: string): Promise<number | undefined> {
  try {
    const { pid, startedAt } = JSON.parse(await readFile(path, 'utf8')) as { pid: number; startedAt: string }
    return identify(pid)?.startedAt === startedAt ? pid : undefined
  } catch {
    return undefined
  }
}
