import { execFile } from 'node:child_process'
import { readdir, realpath } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'
import { type ServiceName, TITLES } from '../service.ts'

const run = promisify(execFile)

/** What a stack runs, and what stands beside one in some tests only. */
export type ProgramName = ServiceName | 'pgbouncer'

export const PROGRAM_TITLES: Readonly<Record<ProgramName, string>> = { ...TITLES, pgbouncer: 'PgBouncer' }

/** `folder` holds every program of the service. */
export type Program = Readonly<{ folder: string; version: string }>

export type Search = Readonly<{ found?: Program; tooOld?: Program }>

type Wanted = Readonly<{ programs: readonly [string, ...string[]]; atLeast: readonly [major: number, minor: number] }>

export const WANTED: Readonly<Record<ProgramName, Wanted>> = {
  postgres: { programs: ['postgres', 'initdb'], atLeast: [15, 0] },
  redis: { programs: ['redis-server'], atLeast: [7, 0] },
  nats: { programs: ['nats-server'], atLeast: [2, 9] },
  pgbouncer: { programs: ['pgbouncer'], atLeast: [1, 18] },
}

/** The first program new enough, in the order of the folders; else the newest-seen one that is too old. */
export async function findProgram(service: ProgramName, folders: readonly string[]): Promise<Search> {
  const { programs, atLeast } = WANTED[service]
  let tooOld: Program | undefined
  for (const candidate of folders) {
    const folder = await folderOfAll(candidate, programs)
    const version = folder && (await versionOf(join(folder, programs[0])))
    if (!folder || !version) continue
    if (isAtLeast(version, atLeast)) return { found: { folder, version } }
    tooOld ??= { folder, version }
  }
  return tooOld ? { tooOld } : {}
}

/** PATH first, then where Debian and Homebrew put servers that they keep off a user's PATH. */
export async function usualFolders(path: string): Promise<string[]> {
  const [debian, ...homebrew] = await Promise.all([
    numberedFolders('/usr/lib/postgresql', ''),
    numberedFolders('/opt/homebrew/opt', 'postgresql@'),
    numberedFolders('/usr/local/opt', 'postgresql@'),
  ])
  return [
    ...path.split(delimiter).filter((folder) => folder !== ''),
    ...(await pgConfigFolder()),
    ...debian.map((folder) => join(folder, 'bin')),
    ...homebrew.flat().map((folder) => join(folder, 'bin')),
    ...['/opt/homebrew/bin', '/usr/local/bin', '/usr/local/sbin', '/usr/bin', '/usr/sbin'],
  ]
}

async function numberedFolders(parent: string, prefix: string): Promise<string[]> {
  const names = await readdir(parent).catch(() => [])
  return names
    .filter((name) => name.startsWith(prefix) && /^\d+$/.test(name.slice(prefix.length)))
    .sort((a, b) => Number(b.slice(prefix.length)) - Number(a.slice(prefix.length)))
    .map((name) => join(parent, name))
}

async function pgConfigFolder(): Promise<string[]> {
  const asked = await run('pg_config', ['--bindir']).catch(() => undefined)
  return asked ? [asked.stdout.trim()] : []
}

// PATH may hold links to some of the programs only; the rest then lie where the first link leads.
async function folderOfAll(folder: string, programs: Wanted['programs']): Promise<string | undefined> {
  const first = await realpath(join(folder, programs[0])).catch(() => undefined)
  if (!first) return undefined
  const home = join(first, '..')
  const all = await Promise.all(programs.map((name) => realpath(join(home, name)).catch(() => undefined)))
  return all.every((path) => path !== undefined) ? home : undefined
}

// `postgres (PostgreSQL) 15.20 (Debian …)`, `Redis server v=7.0.15 …`, `nats-server: v2.9.10`, `PgBouncer 1.18.0 …`
async function versionOf(program: string): Promise<string | undefined> {
  const said = await run(program, ['--version']).catch(() => undefined)
  return said && /\d+(\.\d+)+|\d+/.exec(said.stdout)?.[0]
}

function isAtLeast(version: string, [major, minor]: Wanted['atLeast']): boolean {
  const [hasMajor = 0, hasMinor = 0] = version.split('.').map(Number)
  return hasMajor > major || (hasMajor === major && hasMinor >= minor)
}
