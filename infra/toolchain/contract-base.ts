// The committed contract that a change is held against.
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

export type ContractBase =
  | Readonly<{ commit: string; named: string }>
  /** There is no history to compare with, as in an unpacked archive. */
  | Readonly<{ commit: undefined; why: string }>

const run = promisify(execFile)

/**
 * The commit that `wanted` names (CONTRACT_BASE), or else where this branch left `origin/main`, or else HEAD. Rejects when
 * `wanted` names a commit that is not here; forges send zeros for the parent of a branch's first push, which names none.
 */
export async function contractBase(root: string, wanted = ''): Promise<ContractBase> {
  if (/[^0]/.test(wanted)) {
    const commit = await git(root, 'rev-parse', '--verify', `${wanted}^{commit}`).catch((error: unknown) => {
      throw new Error(`CONTRACT_BASE=${wanted} is no commit of this clone; is it shallow?`, { cause: error })
    })
    return { commit, named: wanted }
  }
  try {
    const fork = await git(root, 'merge-base', 'HEAD', 'origin/main').catch(() => undefined)
    if (fork !== undefined) return { commit: fork, named: 'origin/main' }
    return { commit: await git(root, 'rev-parse', '--verify', 'HEAD^{commit}'), named: 'HEAD' }
  } catch (error) {
    const [line = 'git did not say why'] = String((error as { stderr?: unknown }).stderr ?? error).split('\n')
    return { commit: undefined, why: line }
  }
}

/** The files below these paths as they were, by path. */
export async function filesAt(root: string, commit: string, paths: readonly string[]): Promise<Map<string, string>> {
  const names = await git(root, 'ls-tree', '-r', '--name-only', '-z', commit, '--', ...paths)
  const files = names.split('\0').filter((name) => name !== '')
  return new Map(
    await Promise.all(files.map(async (name) => [name, await git(root, 'show', `${commit}:${name}`)] as const)),
  )
}

async function git(root: string, ...args: readonly string[]): Promise<string> {
  const { stdout } = await run('git', ['-C', root, ...args], { maxBuffer: 64 * 1024 * 1024 })
  return stdout.trimEnd()
}
