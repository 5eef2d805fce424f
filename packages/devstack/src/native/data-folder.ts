import { createHash } from 'node:crypto'
import { chmod, chown, lstat, mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { type Account, canEnter, postgresAccount } from './account.ts'

// Survives a reboot, and every user can enter it.
const ELSEWHERE = '/var/tmp'

/**
 * Where PostgreSQL's files of the stack in `dir` lie: `dir/postgres`, or, when this is root and `postgres` cannot enter `dir`,
 * a folder of the same meaning elsewhere, one per `dir`.
 */
export async function postgresFolder(dir: string): Promise<string> {
  const account = await postgresAccount()
  await mkdir(dir, { recursive: true, mode: 0o711 })
  return (await canEnter(dir, account)) ? join(dir, 'postgres') : elsewhere(dir)
}

/** Removes the native data of the stack in `dir`, wherever it lies; the stack must not be running. */
export async function removeNativeData(dir: string): Promise<void> {
  const folders = [join(dir, 'postgres'), join(dir, 'redis'), join(dir, 'nats'), elsewhere(dir)]
  await Promise.all(folders.map((folder) => rm(folder, { recursive: true, force: true })))
}

/** A new folder that PostgreSQL's account can enter, for a stack that is thrown away. */
export async function temporaryFolder(): Promise<string> {
  const account = await postgresAccount().catch(() => undefined)
  const parent = (await canEnter(tmpdir(), account)) ? tmpdir() : ELSEWHERE
  const folder = await mkdtemp(join(parent, 'oms-devstack-'))
  await chmod(folder, 0o711)
  return folder
}

/** Makes the folder private to the account; refuses one that somebody else has put there. */
export async function privateFolder(folder: string, account?: Account): Promise<string> {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const made = await lstat(folder)
  const mine = [process.getuid?.(), account?.uid, undefined]
  if (!made.isDirectory() || !mine.includes(made.uid)) throw new Error(`${folder} belongs to somebody else`)
  await chmod(folder, 0o700)
  if (account) await chown(folder, account.uid, account.gid)
  return folder
}

function elsewhere(dir: string): string {
  const name = createHash('sha256').update(resolve(dir)).digest('hex').slice(0, 16)
  return join(ELSEWHERE, `oms-${name}`)
}
