import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { pino } from 'pino'
import t from 'tap'
import { type DependencyCheck, listenForManagement } from './index.ts'

const log = pino({ level: 'silent' })

async function start(
  t: Tap,
  checks: readonly DependencyCheck[],
  limits: { timeoutMs?: number; cacheMs?: number } = {},
) {
  const gauges: Record<string, number> = {}
  const refreshers: (() => Promise<void>)[] = []
  const metrics = {
    dependencyUp: { set: ({ dependency }: { dependency: string }, value: number) => void (gauges[dependency] = value) },
    onScrape: (refresh: () => Promise<void>) => void refreshers.push(refresh),
    render: async () => {
      await Promise.all(refreshers.map((refresh) => refresh()))
      return { contentType: 'text/plain; version=0.0.4', body: `up ${Object.values(gauges).join(' ')}\n` }
    },
  }
  const management = await listenForManagement({ host: '127.0.0.1', port: 0, log, metrics, checks, ...limits })
  t.teardown(() => management[Symbol.asyncDispose]())
  const get = async (path: string, method = 'GET') => {
    const answer = await fetch(`http://127.0.0.1:${management.port}${path}`, { method })
    return { status: answer.status, headers: answer.headers, body: await answer.text() }
  }
  return { management, get, gauges }
}

type Tap = { teardown(fn: () => unknown): void }

const dependency = (name: string, check: DependencyCheck['check'], needed: Partial<DependencyCheck> = {}) => ({
  name,
  check,
  neededForReady: true,
  neededForServing: true,
  ...needed,
})

t.test('ready names each dependency with its state and latency, and refuses while a needed one is away', async (t) => {
  let vaultUp = false
  const { get, gauges } = await start(
    t,
    [
      dependency('postgres', async () => {}),
      dependency('vault', () => (vaultUp ? Promise.resolve() : Promise.reject(new Error('sealed'))), {
        neededForServing: false,
      }),
      dependency('nats', () => Promise.reject(new Error('away')), { neededForReady: false, neededForServing: false }),
    ],
    { cacheMs: 0 },
  )
  const ready = await get('/health/ready')
  t.equal(ready.status, 503)
  t.match(JSON.parse(ready.body), {
    status: 'unavailable',
    dependencies: {
      postgres: { state: 'up', latencyMs: Number, needed: true },
      vault: { state: 'down', needed: true },
      nats: { state: 'down', needed: false },
    },
  })
  t.notOk(ready.body.includes('sealed'))
  t.same(gauges, { postgres: 1, vault: 0, nats: 0 })
  t.equal((await get('/health/serving')).status, 200, 'a Vault outage does not take reads away')
  t.equal((await get('/health/live')).status, 200)

  vaultUp = true
  t.equal((await get('/health/ready')).status, 200)
  t.equal(gauges.vault, 1)
})

t.test('a check that hangs or throws at once counts as down, and live never waits for it', async (t) => {
  let aborted = false
  const { get } = await start(
    t,
    [
      dependency('hanging', (signal) => {
        signal.addEventListener('abort', () => (aborted = true))
        return new Promise(() => {})
      }),
      dependency('throwing', () => {
        throw new Error('at once')
      }),
    ],
    { timeoutMs: 30 },
  )
  t.equal((await get('/health/live')).status, 200)
  t.notOk(aborted)
  const ready = await get('/health/ready')
  t.match(JSON.parse(ready.body), { dependencies: { hanging: { state: 'down' }, throwing: { state: 'down' } } })
  t.ok(aborted)
})

t.test('probes within a second share one check', async (t) => {
  let runs = 0
  const { get } = await start(t, [dependency('postgres', async () => void runs++)], { cacheMs: 60_000 })
  await Promise.all([get('/health/ready'), get('/health/serving'), get('/health/ready')])
  await get('/health/ready')
  t.equal(runs, 1)
})

t.test('a scrape shows what is away now, though nobody probes, and shares its check with those who do', async (t) => {
  let runs = 0
  const { get } = await start(t, [
    dependency('postgres', async () => void runs++),
    dependency('vault', () => Promise.reject(new Error('sealed'))),
  ])
  const [metrics] = await Promise.all([get('/metrics'), get('/health/ready'), get('/metrics')])
  t.equal(metrics.body, 'up 1 0\n')
  t.equal(runs, 1)
})

t.test('draining refuses new work at once and stays alive', async (t) => {
  const { management, get } = await start(t, [dependency('postgres', async () => {})])
  t.equal((await get('/health/ready')).status, 200)
  management.drain()
  t.match(await get('/health/ready'), { status: 503, body: '{"status":"draining"}' })
  t.equal((await get('/health/serving')).status, 503)
  t.equal((await get('/health/live')).status, 200)
})

t.test('metrics are served, other paths and methods are not', async (t) => {
  const { get } = await start(t, [])
  const metrics = await get('/metrics')
  t.match(metrics, { status: 200, body: 'up \n' })
  t.match(metrics.headers.get('content-type'), 'text/plain')
  t.equal((await get('/health')).status, 404)
  t.equal((await get('/toString')).status, 404)
  t.equal((await get('/metrics', 'POST')).status, 405)
  t.match(await get('/metrics', 'HEAD'), { status: 200, body: '' })
})

t.test('a crash is one line of the log, without what the error carries', async (t) => {
  const entry = `${t.testdir({})}/main.ts`
  const index = new URL('./lifecycle.ts', import.meta.url).href
  const telemetry = new URL('../telemetry/index.ts', import.meta.url).href
  writeFileSync(
    entry,
    `import { logCrashes } from '${index}'
import { createLogger } from '${telemetry}'
logCrashes(createLogger({ level: 'info', app: 'test' }))
const failure = Object.assign(new Error('insert of Zq9xKvT3'), { query: 'insert', parameters: ['Zq9xKvT3'] })
if (process.argv[2] === 'rejection') await Promise.reject(failure)
setImmediate(() => { throw failure })`,
  )
  for (const mode of ['rejection', 'exception']) {
    const child = spawnSync(process.execPath, ['--conditions=@oms/source', entry, mode], { encoding: 'utf8' })
    t.equal(child.status, 1, mode)
    t.notMatch(child.stdout + child.stderr, 'Zq9xKvT3')
    t.match(JSON.parse(child.stdout), { level: 'fatal', msg: 'crashed', err: { type: 'Error', stack: /main\.ts/ } })
  }
})

t.test('a process ends by itself after SIGTERM, and by the backstop when a step hangs', async (t) => {
  const entry = `${t.testdir({})}/main.ts`
  const index = new URL('./lifecycle.ts', import.meta.url).href
  writeFileSync(
    entry,
    `import { terminationSignal } from '${index}'
const log = { info() {}, debug() {}, error() {}, fatal() {} } as never
const busy = setInterval(() => {}, 1000)
const signal = terminationSignal({ log, backstopMs: 200 })
process.stdout.write('up')
await signal
if (process.argv[2] === 'hang') await new Promise(() => {})
clearInterval(busy)`,
  )
  const exitCodeOf = async (mode: string) => {
    const child = spawn(process.execPath, ['--conditions=@oms/source', entry, mode], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    await once(child.stdout, 'data')
    child.kill('SIGTERM')
    const [code] = (await once(child, 'exit')) as [number]
    return code
  }
  t.equal(await exitCodeOf('clean'), 0)
  t.equal(await exitCodeOf('hang'), 1)
})
