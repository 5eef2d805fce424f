import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { identify } from '../lifetime/processes.ts'
import type { Reaper } from '../lifetime/reaper.ts'

export type AppName = 'admin-api' | 'internal-api' | 'health-ingestor'

export type AppCommand = Readonly<{
  app: AppName
  checkout: string
  logFile: string
  environment: Readonly<Record<string, string>>
  managementPort: number
}>

export type AppProcess = AsyncDisposable &
  Readonly<{
    app: AppName
    /** Resolves when the process ends, however it ends. */
    ended: Promise<void>
  }>

const READY_WITHIN_MS = 60_000
/** A little more than the apps' own backstop. */
const END_WITHIN_MS = 12_000

/** Runs a main of apps/<app>; what it prints goes to its log file. Resolves at once: `untilReady` waits. */
export function startApp(command: AppCommand, reaper: Reaper): AppProcess {
  const log = openSync(command.logFile, 'a', 0o600)
  const child = spawn(
    process.execPath,
    ['--conditions=@oms/source', join(command.checkout, 'apps', command.app, 'src/main.ts')],
    // A session of its own: the terminal's Ctrl-C reaches the launcher, which ends the apps in order.
    {
      cwd: command.checkout,
      detached: true,
      stdio: ['ignore', log, log],
      env: { NODE_COMPILE_CACHE: join(command.checkout, 'node_modules/.cache/apps'), ...command.environment },
    },
  )
  closeSync(log)
  const identity = child.pid === undefined ? undefined : identify(child.pid)
  if (identity !== undefined) {
    reaper.watch({ kind: 'process', ...identity, endSignal: 'SIGTERM', withinMs: END_WITHIN_MS })
  }
  return {
    app: command.app,
    ended: once(child, 'exit').then(() => undefined),
    [Symbol.asyncDispose]: () => end(child),
  }
}

/** Rejects with the last lines of its log when the app ends instead, or is not ready in time. */
export async function untilReady(app: AppProcess, command: AppCommand): Promise<void> {
  let over = false
  void app.ended.then(() => {
    over = true
  })
  const deadline = Date.now() + READY_WITHIN_MS
  while (!over && Date.now() < deadline) {
    if (await answersOk(`http://127.0.0.1:${command.managementPort}/health/ready`)) return
    await sleep(50)
  }
  throw new Error(`${command.app} ${over ? 'ended' : 'is not ready'}:\n${await lastWords(command.logFile)}`)
}

export const answersOk = (url: string): Promise<boolean> =>
  fetch(url, { signal: AbortSignal.timeout(2_000) }).then(
    async (answer) => {
      await answer.body?.cancel()
      return answer.ok
    },
    () => false,
  )

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exited = once(child, 'exit')
  child.kill('SIGTERM')
  const timer = setTimeout(() => child.kill('SIGKILL'), END_WITHIN_MS)
  await exited
  clearTimeout(timer)
}

async function lastWords(logFile: string): Promise<string> {
  const log = await readFile(logFile, 'utf8').catch(() => '')
  return log.trim().split('\n').slice(-8).join('\n') || 'it said nothing'
}
