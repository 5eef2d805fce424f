import { randomBytes } from 'node:crypto'
import { readIfThere, writePrivate } from '../pki/files.ts'

/** The secret in a file that its owner alone can read; made on the first call. */
export async function keptSecret(path: string): Promise<string> {
  const kept = (await readIfThere(path))?.trim()
  if (kept) return kept
  const made = randomBytes(24).toString('base64url')
  await writePrivate(path, `${made}\n`)
  return made
}
