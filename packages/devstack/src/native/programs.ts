import { execFile } from 'node:child_process'
import { readdir, realpath } from 'node:fs/promises'
import { delimiter, dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { type ServiceName, TITLES } from '../service.ts'

const run = promisify(execFile)

/** What a stack runs, and what stands beside one in some tests and with monitoring only. */
export type ProgramName = ServiceName | 'pgbouncer' | 'prometheus' | 'alertmanager' | 'curl'

export const PROGRAM_TITLES: Readonly<Record<ProgramName, string>> = {
  ...TITLES,
  pgbouncer: 'PgBouncer',
  prometheus: 'Prometheus',
  alertmanager: 'Alertmanager',
  curl: 'curl',
}

/** `folder` holds every program of the service, `main` is the path of the server itself. */
export type Program = Readonly<{ folder: string; main: string; version: string }>

export type Search = Readonly<{ found?: Program; tooOld?: Program }>

/** The server itself first. */
type Programs = readonly [string, ...string[]]

/** `renamed`: what the programs are called where Debian's names are not known. */
type Wanted = Readonly<{ programs: Programs; renamed?: Programs; atLeast: readonly [major: number, minor: number] }>

export const WANTED: Readonly<Record<ProgramName, Wanted>> = {
  postgres: { programs: ['postgres', 'initdb'], atLeast: [15, 0] },
  redis: { programs: ['redis-server'], atLeast: [7, 0] },
  nats: { programs: ['nats-server'], atLeast: [2, 9] },
  pgbouncer: { programs: ['pgbouncer'], atLeast: [1, 18] },
  prometheus: { programs: ['prometheus', 'promtool'], atLeast: [2, 42] },
  alertmanager: {
    programs: ['prometheus-alertmanager', 'amtool'],
    renamed: ['alertmanager', 'amtool'],
    atLeast: [0, 22],
  },
  // Reads headers from a file.
  curl: { programs: ['curl'], atLeast: [7, 55] },
}

/** The first program new enough, in the order of the folders; else the newest-seen one that is too old. */
export async function findProgram(service: ProgramName, folders: readonly string[]): Promise<Search> {
  const { programs, renamed = programs, atLeast } = WANTED[service]
  let tooOld: Program | undefined
  for (const candidate of folders) {
    const main = (await mainBesideAll(candidate, programs)) ?? (await mainBesideAll(candidate, renamed))
    const version = main && (await versionOf(main))
    if (!main || !version) continue
    const program = { folder: dirname(main), main, version }
    if (isAtLeast(version, atLeast)) return { found: program }
    tooOld ??= program
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
async function mainBesideAll(folder: string, programs: Programs): Promise<string | undefined> {
  const first = await realpath(join(folder, programs[0])).catch(() => undefined)
  if (!first) return undefined
  const all = await Promise.all(programs.map((name) => realpath(join(dirname(first), name)).catch(() => undefined)))
  return all.every((path) => path !== undefined) ? join(dirname(first), programs[0]) : undefined
}

// `postgres (PostgreSQL) 15.20 (Debian …)`, `Redis server v=7.0.15 …`, `nats-server: v2.9.10`, `PgBouncer 1.18.0 …`,
// `prometheus, version 2.42.0+ds (branch: …)`
async function versionOf(program: string): Promise<string | undefined> {
  const said = await run(program, ['--version']).catch(() => undefined)
  return said && /\d+(\.\d+)+|\d+/.exec(said.stdout)?.[0]
}

function isAtLeast(version: string, [major, minor]: Wanted['atLeast']): boolean {
  const [hasMajor = 0, hasMinor = 0] = version.split('.').map(Number)
  return hasMajor > major || (hasMajor === major && hasMinor >= minor)
}
