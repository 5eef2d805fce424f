import { existsSync } from 'node:fs'
import { env } from 'node:process'
import { usualFolders } from './programs.ts'

/** What this machine offers. Tests say something else. */
export type Machine = Readonly<{
  /** Where servers are looked for, in this order. */
  folders: () => Promise<readonly string[]>
  /** Whether missing servers may be installed from Debian's packages, which takes root and apt-get. */
  mayInstall: () => boolean
  /** Whether a Docker engine answers. */
  hasDocker: () => Promise<boolean>
}>

export const thisMachine: Machine = {
  folders: () => usualFolders(env.PATH ?? ''),
  mayInstall: () => process.getuid?.() === 0 && existsSync('/usr/bin/apt-get'),
  hasDocker: async () => (await import('../containers/engine.ts')).engineAnswers(),
}
