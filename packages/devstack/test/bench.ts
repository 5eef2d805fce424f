import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { Redis } from 'ioredis'
import { connect as connectNats } from 'nats'
import postgres from 'postgres'
import { chosenByEnvironment } from '../src/environment.ts'
import { descendants, identify, type ProcessIdentity } from '../src/lifetime/processes.ts'

// The tests run against the provider that DEVSTACK names: one contract, whichever way the services run.
export const isNative = chosenByEnvironment() !== 'containers'

export const SLOW_MACHINE_MS = 60_000

export function session(url: string) {
  const sql = postgres(url, { max: 1, connect_timeout: 60, onnotice: () => undefined })
  return Object.assign(sql, { [Symbol.asyncDispose]: () => sql.end({ timeout: 1 }) })
}

export async function kept(url: string): Promise<unknown> {
  await using sql = session(url)
  return [...(await sql`select n from kept`)]
}

export async function streamed(url: string, text: string): Promise<number> {
  const connection = await connectNats({ servers: url, timeout: SLOW_MACHINE_MS })
  try {
    const manager = await connection.jetstreamManager()
    await manager.streams.add({ name: 'KEPT', subjects: ['kept'] })
    return (await connection.jetstream().publish('kept', text)).seq
  } finally {
    await connection.close()
  }
}

export async function set(url: string, key: string, value: string): Promise<void> {
  const client = new Redis(url)
  await client.set(key, value)
  client.disconnect()
}

export async function get(url: string, key: string): Promise<string | null> {
  const client = new Redis(url)
  const value = await client.get(key)
  client.disconnect()
  return value
}

export async function firstOf<T>(answer: Promise<T>, ms: number): Promise<T | 'silence'> {
  return Promise.race([answer, sleep(ms, 'silence' as const)])
}

export async function until(condition: () => Promise<boolean>): Promise<boolean> {
  const deadline = Date.now() + SLOW_MACHINE_MS
  while (!(await condition())) {
    if (Date.now() > deadline) return false
    await sleep(20)
  }
  return true
}

export function below(pid: number): ProcessIdentity[] {
  const root = identify(pid)
  return root ? descendants(root) : []
}

export function nodeProcess(
  args: string[],
  environment: NodeJS.ProcessEnv = {},
  stderr: 'ignore' | 'inherit' = 'inherit',
): ChildProcess {
  const { OMS_DEVSTACK: _, ...inherited } = process.env
  return spawn(process.execPath, ['--conditions=@oms/source', ...args], {
    cwd: join(import.meta.dirname, '..'),
    stdio: ['ignore', 'pipe', stderr],
    env: { ...inherited, ...environment },
  })
}

export async function firstLine(child: ChildProcess): Promise<string> {
  if (!child.stdout) throw new Error('the child has no output to read')
  const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string]
  return line
}

// PostgreSQL's own user has to get in, and mkdtemp shuts everybody else out.
export async function enterable(t: { teardown(end: () => Promise<void>): void }): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'oms-test-'))
  await chmod(folder, 0o711)
  t.teardown(() => rm(folder, { recursive: true, force: true }))
  return folder
}
