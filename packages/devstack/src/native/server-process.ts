import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import type { Reaper } from '../lifetime/reaper.ts'
import { endTree, freezeTree, identify, killTree, type ProcessIdentity, thawTree } from '../lifetime/processes.ts'
import { becomesReady, type Protocol } from '../readiness.ts'
import type { RunningService } from '../service.ts'
import { PROGRAM_TITLES } from './programs.ts'

// Generous: a loaded two-core machine that recovers a large log.
const READY_WITHIN_MS = 60_000
const END_WITHIN_MS = 15_000

export type ServerCommand = Readonly<{
  service: Protocol
  /** Who speaks the service's protocol, when it is not the service itself. */
  title?: string
  port: number
  url: string
  program: string
  args: readonly string[]
  cwd: string
  logFile: string
  /** As whom; this process' own user when absent. */
  user: Readonly<{ uid: number; gid: number }> | undefined
  /** `stop` asks by this signal: data complete, clients told. */
  stopSignal: NodeJS.Signals
  /** The end of the stack asks by this one: quick where the data is thrown away. */
  endSignal: NodeJS.Signals
}>

type Running = Readonly<{ child: ChildProcess; identity: ProcessIdentity }>

/** A server as a child process in a session of its own, so that the terminal's Ctrl-C reaches its owner only. */
export async function runServer(command: ServerCommand, reaper: Reaper): Promise<RunningService> {
  let running: Running | undefined

  async function start(): Promise<void> {
    if (running && !hasExited(running.child)) return
    await finish(killTree) // what a crash has left
    running = await launch(command, reaper)
    const { child } = running
    const over = () => hasExited(child)
    if (await becomesReady(command.service, command.port, { withinMs: READY_WITHIN_MS, over })) return
    await finish(killTree)
    throw new Error(
      `${command.title ?? PROGRAM_TITLES[command.service]} did not start: ${await lastWords(command.logFile)}`,
    )
  }

  async function finish(end: (identity: ProcessIdentity) => Promise<void>): Promise<void> {
    if (!running) return
    const { child, identity } = running
    running = undefined
    child.ref()
    await end(identity)
    if (!hasExited(child)) await once(child, 'exit')
    reaper.release(charge(identity, command))
  }

  await start()
  return {
    url: command.url,
    port: command.port,
    start,
    stop: () => finish((identity) => endTree(identity, { signal: command.stopSignal, withinMs: END_WITHIN_MS })),
    kill: () => finish(killTree),
    pause: async () => void (running && freezeTree(running.identity)),
    resume: async () => void (running && thawTree(running.identity)),
    [Symbol.asyncDispose]: () =>
      finish((identity) => endTree(identity, { signal: command.endSignal, withinMs: END_WITHIN_MS })),
  }
}

async function launch(command: ServerCommand, reaper: Reaper): Promise<Running> {
  const log = openSync(command.logFile, 'a', 0o600)
  try {
    const child = spawn(command.program, command.args, {
      cwd: command.cwd,
      detached: true,
      stdio: ['ignore', log, log],
      env: { PATH: '/usr/bin:/bin', LC_ALL: 'C' },
      ...command.user,
    })
    const identity = child.pid === undefined ? undefined : identify(child.pid)
    if (identity) reaper.watch(charge(identity, command))
    await once(child, 'spawn')
    child.unref()
    if (!identity) throw new Error(`${command.program} ended at once: ${await lastWords(command.logFile)}`)
    return { child, identity }
  } finally {
    closeSync(log)
  }
}

function hasExited(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null
}

function charge(identity: ProcessIdentity, { endSignal }: ServerCommand) {
  return { kind: 'process', ...identity, endSignal, withinMs: END_WITHIN_MS } as const
}

async function lastWords(logFile: string): Promise<string> {
  const log = await readFile(logFile, 'utf8').catch(() => '')
  return log.trim().split('\n').slice(-3).join('; ') || 'it said nothing'
}
