import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'

/** A pid alone may have been given to another process since; with the start time it names one process for ever. */
export type ProcessIdentity = Readonly<{ pid: number; startedAt: string }>

type Entry = ProcessIdentity & Readonly<{ parent: number; ended: boolean }>

/** Undefined when there is no such process. */
export function identify(pid: number): ProcessIdentity | undefined {
  const entry = readEntry(pid)
  return entry && !entry.ended ? { pid, startedAt: entry.startedAt } : undefined
}

/** A zombie is not alive: it has ended and waits only to be counted by its parent. */
export function isAlive(process: ProcessIdentity): boolean {
  return identify(process.pid)?.startedAt === process.startedAt
}

/** Signals one process and nothing that took its pid later; whether it was there. */
export function signal(target: ProcessIdentity, name: NodeJS.Signals): boolean {
  if (!isAlive(target)) return false
  try {
    process.kill(target.pid, name)
    return true
  } catch {
    return false // ended between the look and the signal
  }
}

/** Freezes a process and all below it. The parent first, so that nothing is forked meanwhile. */
export function freezeTree(root: ProcessIdentity): void {
  signal(root, 'SIGSTOP')
  for (const child of descendants(root)) signal(child, 'SIGSTOP')
}

export function thawTree(root: ProcessIdentity): void {
  for (const child of descendants(root)) signal(child, 'SIGCONT')
  signal(root, 'SIGCONT')
}

/**
 * SIGKILL for a process and all below it, resolved when they are gone. PostgreSQL puts each backend into a group of its own,
 * so a signal to the process group would miss them.
 */
export async function killTree(root: ProcessIdentity): Promise<void> {
  signal(root, 'SIGSTOP')
  const doomed = [root, ...descendants(root)]
  for (const each of doomed) signal(each, 'SIGKILL')
  for (const each of doomed) await gone(each)
}

/** Asks for an orderly end, and kills what has not come to it in time. */
export async function endTree(root: ProcessIdentity, how: { signal: NodeJS.Signals; withinMs: number }): Promise<void> {
  thawTree(root)
  const children = descendants(root)
  if (!signal(root, how.signal) || !(await gone(root, how.withinMs))) await killTree(root)
  for (const child of children) {
    if (!(await gone(child, 1_000))) await killTree(child)
  }
}

/** False when it is still there after `withinMs`. */
export async function gone(target: ProcessIdentity, withinMs = 10_000): Promise<boolean> {
  const deadline = Date.now() + withinMs
  while (isAlive(target)) {
    if (Date.now() > deadline) return false
    await sleep(5)
  }
  return true
}

export function descendants(root: ProcessIdentity): ProcessIdentity[] {
  const entries = readAll()
  const below = new Set([root.pid])
  const found: ProcessIdentity[] = []
  // A child's pid may be smaller than its parent's, so one pass over the table is not enough.
  for (let size = 0; size !== below.size; ) {
    size = below.size
    for (const { pid, parent, startedAt, ended } of entries) {
      if (ended || below.has(pid) || !below.has(parent)) continue
      below.add(pid)
      found.push({ pid, startedAt })
    }
  }
  return found
}

const hasProc = process.platform === 'linux'

function readEntry(pid: number): Entry | undefined {
  return hasProc ? readProc(pid) : readPs(['-p', String(pid)])[0]
}

function readAll(): Entry[] {
  if (!hasProc) return readPs(['-A'])
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => readProc(Number(name)) ?? [])
}

// proc(5): the command may hold blanks and parentheses, so fields are counted from the last one: state, ppid, …, starttime.
function readProc(pid: number): Entry | undefined {
  let stat: string
  try {
    stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  } catch {
    return undefined
  }
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  const state = fields[0] ?? ''
  return { pid, parent: Number(fields[1]), startedAt: fields[19] ?? '', ended: state === 'Z' || state === 'X' }
}

function readPs(selection: string[]): Entry[] {
  let table: string
  try {
    table = execFileSync('ps', ['-o', 'pid=,ppid=,stat=,lstart=', ...selection], {
      encoding: 'utf8',
      env: { PATH: '/bin:/usr/bin', LC_ALL: 'C' },
      stdio: ['ignore', 'pipe', 'ignore'],
    })
  } catch {
    return [] // ps answers 1 when nothing matches
  }
  return table.split('\n').flatMap((line) => {
    const [pid, parent, state, ...started] = line.trim().split(/\s+/)
    if (!pid || !parent || !state) return []
    return { pid: Number(pid), parent: Number(parent), startedAt: started.join(' '), ended: state.startsWith('Z') }
  })
}
