import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { DevstackUnavailable } from '../unavailable.ts'
import { gone, identify, isAlive, type ProcessIdentity } from './processes.ts'

type Claim = Readonly<{ owner: ProcessIdentity; reaper: ProcessIdentity }>

const REAPED_WITHIN_MS = 60_000

/**
 * Takes the folder for this process until its reaper has ended: two servers on one set of files would spoil them. Waits for
 * a stack whose owner is gone and whose reaper is still at work; rejects with `DevstackUnavailable` while the owner lives.
 */
export async function claimFolder(dir: string, reaper: ProcessIdentity | undefined): Promise<void> {
  const file = join(dir, 'owner.json')
  const held = await readClaim(file)
  if (held && isAlive(held.reaper)) {
    if (isAlive(held.owner) || !(await gone(held.reaper, REAPED_WITHIN_MS))) {
      throw new DevstackUnavailable(
        `A stack runs in ${dir} already: stop it (process ${held.owner.pid}) or take another folder.`,
      )
    }
  }
  const owner = identify(process.pid)
  if (owner && reaper) await writeFile(file, JSON.stringify({ owner, reaper } satisfies Claim), { mode: 0o600 })
}

async function readClaim(file: string): Promise<Claim | undefined> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as Claim
  } catch {
    return undefined // nobody's yet, or cut short by a crash
  }
}
