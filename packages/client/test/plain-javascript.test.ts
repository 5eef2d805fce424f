import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import t from 'tap'

const run = promisify(execFile)
const PACKAGE = join(import.meta.dirname, '..')
const TSC = join(PACKAGE, 'node_modules/typescript/bin/tsc')

const HOST = `
import { createOperatorClient, OperatorClientError, TIMING } from './dist/index.js'

const options = {
  internalUrl: 'https://127.0.0.1:1',
  tls: { cert: 'none.pem', key: 'none.pem', ca: 'none.pem' },
  nats: { servers: 'nats://127.0.0.1:1' },
  redis: 'redis://127.0.0.1:1',
  timing: { ...TIMING, retryMost: 200 },
}
const without = (name) => ({ ...options, [name]: undefined })
const thrown = ['internalUrl', 'tls', 'nats', 'redis'].map((name) => {
  try {
    createOperatorClient(without(name))
  } catch (error) {
    return error.constructor.name
  }
})
let closedAt
const late = []
const onProblem = ({ message }) => closedAt !== undefined && late.push(message)
const client = createOperatorClient({ ...options, onProblem })
const codeOf = (error) => (error instanceof OperatorClientError ? error.code : String(error))
const shown = Object.keys(client.directory)
const refused = [() => client.route('+9370123456'), () => client.credentials('op-1')].map(async (ask) => ask())
const codes = (await Promise.allSettled(refused)).map(({ reason }) => codeOf(reason))
const { healthState, source } = await client.health('op-1')
await new Promise((resolve) => setTimeout(resolve, 500))
const waiting = client.ready.catch(codeOf)
const underWay = Array.from({ length: 9 }, () => client.health('op-2'))
closedAt = performance.now()
await client.close()
codes.push(await waiting)
await Promise.all(underWay)
process.on('exit', () => {
  console.log(JSON.stringify({ thrown, shown, late, codes, healthState, source, endedAfter: performance.now() - closedAt }))
})
`

const TYPED_HOST = `
import { createOperatorClient, type OperatorClient, type RouteCandidate } from './dist/index.js'
const client: OperatorClient = createOperatorClient({
  internalUrl: '', tls: { cert: '', key: '', ca: '' }, nats: { servers: '' }, redis: '',
})
const first: RouteCandidate | undefined = client.route('+9370123456', { mcc: '412' })[0]
// @ts-expect-error a network is no text
client.route('+9370123456', '412')
export { first }
`

t.test('the built package runs from plain JavaScript, is typed, and lets its host end by itself', async (t) => {
  const folder = await mkdtemp(join(PACKAGE, 'node_modules/.built-'))
  t.teardown(() => rm(folder, { recursive: true, force: true }))
  await run(process.execPath, [TSC, '-p', 'tsconfig.build.json', '--outDir', join(folder, 'dist')], { cwd: PACKAGE })
  await writeFile(join(folder, 'package.json'), '{ "type": "module" }')
  await writeFile(join(folder, 'host.js'), HOST)
  await writeFile(join(folder, 'host.ts'), TYPED_HOST)

  const { stdout } = await run(process.execPath, ['host.js'], { cwd: folder, timeout: 30_000 })
  const { endedAfter, ...seen } = JSON.parse(stdout) as Readonly<Record<string, unknown>>
  t.same(seen, {
    thrown: Array.from({ length: 4 }, () => 'TypeError'),
    shown: ['get', 'all', 'size', 'onChange'],
    late: [],
    codes: ['UNAVAILABLE', 'UNAVAILABLE', 'UNAVAILABLE'],
    healthState: 'UNKNOWN',
    source: 'unknown',
  })
  t.ok(Number(endedAfter) < 1_500, `ended ${String(endedAfter)} ms after close`)

  const strict = ['--strict', '--noEmit', '--module', 'nodenext', '--target', 'es2022', '--types', 'node']
  await run(process.execPath, [TSC, ...strict, '--skipLibCheck', '--ignoreConfig', 'host.ts'], { cwd: folder })
})

type Manifest = Readonly<{ engines?: Readonly<{ node?: string }>; dependencies?: Readonly<Record<string, string>> }>

const manifestOf = async (folder: string): Promise<Manifest> =>
  JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as Manifest
const oldestNode = ({ engines }: Manifest): number => Number(/^>= ?(\d+)/.exec(engines?.node ?? '')?.[1])

t.test('what the client needs runs on every Node that the client names', async (t) => {
  const own = await manifestOf(PACKAGE)
  const names = Object.keys(own.dependencies ?? {})
  t.not(names.length, 0)
  for (const name of names) {
    const oldest = oldestNode(await manifestOf(join(PACKAGE, 'node_modules', name)))
    t.ok(oldest <= oldestNode(own), `${name} needs Node ${oldest}`)
  }
})
