import { answersOk, type AppName, CHECKOUT } from '@oms/devstack/local'
import { identify, type Reaper } from '@oms/devstack/lifetime'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { programOf } from './program.ts'

export type AppPlan = Readonly<{
  app: AppName
  /** Below apps/<app>; `src/main.ts` unless a test has a composition root of its own. */
  entry: string
  environment: Readonly<Record<string, string>>
  logFile: string
}>

export type LogLine = Readonly<Record<string, unknown>>

/** One process of the service. Its addresses stay when it is started again. */
export interface RunningApp extends AsyncDisposable {
  readonly app: AppName
  readonly url: string
  readonly managementUrl: string
  /** Of the process that runs now. */
  readonly pid: number
  /** SIGKILL, resolved when it is gone. */
  kill(): Promise<void>
  /** SIGTERM; resolves with the exit code and how long it took. */
  stop(): Promise<Readonly<{ code: number | null; tookMs: number }>>
  /** Resolves when it is ready, so all that it needs must be there; `environment` is added for this run. */
  start(environment?: Readonly<Record<string, string>>): Promise<void>
  /** The same, resolved when it listens, whatever it lacks. */
  startUnready(environment?: Readonly<Record<string, string>>): Promise<void>
  /** Resolves with the exit code, null after a signal. */
  ended(): Promise<number | null>
  /** Everything that it has written to stdout and stderr, all runs. */
  output(): string
  /** Its log lines so far, parsed; what is no JSON is left out. */
  logLines(): readonly LogLine[]
  metrics(): Promise<string>
  /** The sum of the family's samples that have these labels; 0 without any. */
  metric(name: string, labels?: Readonly<Record<string, string>>): Promise<number>
  /** The status and body of a probe of the management listener. */
  probe(path: 'live' | 'ready' | 'serving'): Promise<Readonly<{ status: number; body: Record<string, unknown> }>>
}

type Up = Readonly<{ child: ChildProcess; port: number | undefined; managementPort: number }>

const UP_WITHIN_MS = 60_000
const END_WITHIN_MS = 15_000

/** Not started yet: `start` does. The reaper ends it should the test die. */
export function planApp(plan: AppPlan, reaper: Reaper): RunningApp {
  let up: Up | undefined
  let ports: Readonly<Record<string, string>> = { PORT: '0', MANAGEMENT_PORT: '0' }

  const current = (): Up => {
    if (up === undefined) throw new Error(`${plan.app} is not running`)
    return up
  }
  const output = (): string => {
    try {
      return readFileSync(plan.logFile, 'utf8')
    } catch {
      return ''
    }
  }

  async function startUnready(environment: Readonly<Record<string, string>> = {}): Promise<void> {
    const before = output().length
    const child = launch(plan, { ...ports, ...environment }, reaper)
    // At once, so that a process that dies before it listens can be waited for, too.
    up = { child, port: undefined, managementPort: 0 }
    const { port, managementPort } = await listening(child, () => output().slice(before), plan)
    up = { child, port, managementPort }
    ports = { MANAGEMENT_PORT: String(managementPort), ...(port === undefined ? {} : { PORT: String(port) }) }
  }

  async function end(signal: NodeJS.Signals): Promise<number | null> {
    if (up === undefined) return null
    const { child } = up
    up = undefined
    if (child.exitCode !== null || child.signalCode !== null) return child.exitCode
    const exited = once(child, 'exit')
    child.kill(signal)
    const timer = setTimeout(() => child.kill('SIGKILL'), END_WITHIN_MS)
    await exited
    clearTimeout(timer)
    return child.exitCode
  }

  return {
    app: plan.app,
    get url() {
      const { port } = current()
      return `${plan.app === 'internal-api' ? 'https' : 'http'}://127.0.0.1:${port ?? 0}`
    },
    get managementUrl() {
      return `http://127.0.0.1:${current().managementPort}`
    },
    get pid() {
      return current().child.pid ?? 0
    },
    async start(environment) {
      await startUnready(environment)
      await ready(current(), plan)
    },
    startUnready,
    output,
    kill: async () => void (await end('SIGKILL')),
    async stop() {
      const since = performance.now()
      return { code: await end('SIGTERM'), tookMs: performance.now() - since }
    },
    async ended() {
      const { child } = current()
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
      return child.exitCode
    },
    async metrics() {
      const answer = await fetch(`${this.managementUrl}/metrics`, { signal: AbortSignal.timeout(10_000) })
      return answer.text()
    },
    async metric(name, labels = {}) {
      const wanted = Object.entries(labels).map(([label, value]) => `${label}="${value}"`)
      const samples = (await this.metrics())
        .split('\n')
        .filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `))
        .filter((line) => wanted.every((label) => line.includes(label)))
      return samples.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' ') + 1)), 0)
    },
    logLines: () => output().split('\n').flatMap(parsed),
    async probe(path) {
      const answer = await fetch(`${this.managementUrl}/health/${path}`, { signal: AbortSignal.timeout(10_000) })
      return { status: answer.status, body: (await answer.json()) as Record<string, unknown> }
    },
    [Symbol.asyncDispose]: async () => void (await end('SIGTERM')),
  }
}

function parsed(line: string): LogLine[] {
  if (!line.startsWith('{')) return []
  try {
    return [JSON.parse(line) as LogLine]
  } catch {
    return [] // still being written
  }
}

function launch({ app, entry, environment, logFile }: AppPlan, extra: object, reaper: Reaper): ChildProcess {
  const log = openSync(logFile, 'a', 0o600)
  const program = programOf(`apps/${app}/${entry}`)
  const child = spawn(process.execPath, program.args, {
    cwd: CHECKOUT,
    stdio: ['ignore', log, log],
    env: { ...program.environment, ...environment, ...extra },
  })
  closeSync(log)
  const identity = child.pid === undefined ? undefined : identify(child.pid)
  if (identity !== undefined) reaper.watch({ kind: 'process', ...identity, endSignal: 'SIGKILL', withinMs: 1_000 })
  return child
}

/** The ports that the process says it listens on, in its line `<app> is up`. */
async function listening(
  child: ChildProcess,
  output: () => string,
  { app }: AppPlan,
): Promise<Readonly<{ port: number | undefined; managementPort: number }>> {
  const deadline = Date.now() + UP_WITHIN_MS
  while (child.exitCode === null && child.signalCode === null && Date.now() < deadline) {
    const line = output()
      .split('\n')
      .find((text) => text.includes(`"msg":"${app} is up"`))
    if (line !== undefined) {
      const { url, managementPort } = JSON.parse(line) as { url?: string; managementPort: number }
      return { port: url === undefined ? undefined : Number(new URL(url).port), managementPort }
    }
    await sleep(20)
  }
  throw new Error(`${app} did not come up (${child.exitCode ?? child.signalCode ?? 'too slow'}):\n${output()}`)
}

async function ready({ child, managementPort }: Up, { app }: AppPlan): Promise<void> {
  const deadline = Date.now() + UP_WITHIN_MS
  while (child.exitCode === null && child.signalCode === null && Date.now() < deadline) {
    if (await answersOk(`http://127.0.0.1:${managementPort}/health/ready`)) return
    await sleep(20)
  }
  throw new Error(`${app} did not become ready (${child.exitCode ?? child.signalCode ?? 'too slow'})`)
}
