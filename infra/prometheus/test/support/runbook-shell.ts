import { installNative } from '@oms/devstack'
import { execFile } from 'node:child_process'
import { delimiter } from 'node:path'
import { promisify } from 'node:util'
import type { Block } from '../../src/runbooks.ts'

export type Outcome = Readonly<{ code: number | null; stdout: string; stderr: string }>

/** Runs a block as somebody who has pasted the index's set-up into a shell before. */
export type Shell = (code: string) => Promise<Outcome>

const WITHIN_MS = 60_000
// What a person at a prompt sees and goes on from is an error here: a command that fails anywhere, a variable that is not set.
const STRICT = 'set -euo pipefail'
// Node's pipes are sockets, from which bash concludes that it is run over the network and reads its owner's .bashrc.
const PLAIN = ['--norc', '-c']

/** `setup` is run once; what it sets, and its functions, stand in front of each block. */
export async function openShell(
  setup: readonly Block[],
  { cwd, given }: Readonly<{ cwd: string; given: Readonly<Record<string, string>> }>,
): Promise<Shell> {
  const { postgres, curl } = await installNative({ services: ['postgres', 'curl'] })
  const folders = [process.env.PATH ?? '', postgres?.folder, curl?.folder, '/usr/bin', '/bin']
  const env = { ...given, PATH: folders.join(delimiter), HOME: process.env.HOME ?? '/', LC_ALL: 'C' }
  const run = promisify(execFile)
  const options = { cwd, env, timeout: WITHIN_MS, maxBuffer: 16 * 1024 * 1024 }
  const all = ['set -a', ...setup.map(({ code }) => code), 'set +a; export -p; declare -f'].join('\n')
  const { stdout: prelude } = await run('bash', [...PLAIN, `${STRICT}\n${all}`], options)
  return (code) =>
    new Promise((resolve) => {
      const child = execFile('bash', [...PLAIN, `${prelude}\n${STRICT}\n${code}`], options, (_, stdout, stderr) => {
        resolve({ code: child.exitCode, stdout, stderr })
      })
    })
}
