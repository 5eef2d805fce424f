import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { DevstackUnavailable } from '../unavailable.ts'

const run = promisify(execFile)

export type Account = Readonly<{ uid: number; gid: number }>

/** As whom PostgreSQL runs: it refuses root, so root runs it as `postgres`; everybody else as themselves (undefined). */
export async function postgresAccount(): Promise<Account | undefined> {
  if (process.getuid?.() !== 0) return undefined
  const ids = await Promise.all([run('id', ['-u', 'postgres']), run('id', ['-g', 'postgres'])]).catch(() => undefined)
  if (!ids)
    throw new DevstackUnavailable('PostgreSQL refuses to run as root, and this machine has no user named postgres.')
  const [uid, gid] = ids.map(({ stdout }) => Number(stdout)) as [number, number]
  return { uid, gid }
}

/** Whether the account can enter the folder, every parent and access list considered. */
export async function canEnter(folder: string, account: Account | undefined): Promise<boolean> {
  const tried = run('/bin/sh', ['-c', 'cd -- "$1"', 'enter', folder], { cwd: '/', ...account })
  return tried.then(
    () => true,
    () => false,
  )
}
