// Runs tap under one devstack, keeps its TAP in a file, and tells it by the line: a test file as it ends, failures last.
import { createWriteStream } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { relative, resolve } from 'node:path'
import { Parser, type Result } from 'tap-parser'
import { bundleApps } from './bundles.ts'
import { exitCode, startChild } from './child.ts'
import { describeFailure } from './describe-failure.ts'
import { seconds } from './progress.ts'

const WITH_STACK = resolve(import.meta.dirname, '../../packages/devstack/src/with-stack.ts')
const LOG_FOLDER = 'node_modules/.cache/tests'
const BUNDLES = resolve(import.meta.dirname, '../../node_modules/.cache/bundles')
const COMPILED = resolve(import.meta.dirname, '../../node_modules/.cache/compiled')
const SILENCE_MS = 15_000

export type Totals = Readonly<{ passed: number; failed: number; skipped: number }>

/**
 * `files`: none means all that the `.taprc` of the working directory includes. `name` is what the run is called. Counts
 * assertions; a run without any has failed.
 */
export async function runTests(
  files: readonly string[],
  options: { coverage: boolean; name?: string },
): Promise<Totals> {
  const { name = 'tests' } = options
  const log = `${LOG_FOLDER}/${name.replaceAll(' ', '-')}.tap`
  await mkdir(LOG_FOLDER, { recursive: true })
  const elapsed = seconds()
  await bundleApps(BUNDLES)
  const tap = ['tap', 'run', '--reporter=tap', ...(options.coverage ? [] : ['--disable-coverage']), ...files]
  const child = startChild(process.execPath, ['--conditions=@oms/source', WITH_STACK, ...tap], {
    stdio: ['ignore', 'pipe', 'inherit'],
    // What is compiled beforehand is counted less exactly.
    env: { ...process.env, OMS_BUNDLES: BUNDLES, ...(options.coverage ? {} : { NODE_COMPILE_CACHE: COMPILED }) },
  })

  const parser = new Parser()
  const told = tell(parser)
  child.stdout?.pipe(createWriteStream(log))
  child.stdout?.pipe(parser)
  const parsed = new Promise((resolve) => parser.on('complete', resolve))
  const [code] = await Promise.all([exitCode(child), parsed])
  told.end()

  for (const failure of told.failures) console.log(`\n${describeFailure(failure)}`)
  const { passed, skipped } = told.counts
  const complaint = complaintAbout(code, told.counts)
  if (complaint) console.log(`\nFAILED  ${complaint}`)
  const failed = told.counts.failed + (complaint ? 1 : 0)
  console.log(`\n${name}: ${passed} passed, ${failed} failed, ${skipped} skipped in ${elapsed().trim()} (${log})`)
  return { passed, failed, skipped }
}

function complaintAbout(code: number, { passed, failed }: Totals): string | undefined {
  if (passed + failed === 0) return `no test ran (exit code ${code})`
  return code !== 0 && failed === 0 ? `the test runner ended with exit code ${code}` : undefined
}

function tell(parser: Parser) {
  const counts = { passed: 0, failed: 0, skipped: 0 }
  const failures: Result[] = []
  const begun = seconds()
  const alive = () => console.log(`        … ${begun().trim()}`)
  let heartbeat = setInterval(alive, SILENCE_MS)

  parser.on('pass', () => counts.passed++)
  for (const kind of ['skip', 'todo']) parser.on(kind, () => counts.skipped++)
  parser.on('fail', (result: Result) => {
    counts.failed++
    failures.push(result)
  })
  parser.on('assert', ({ ok, name, time }: Result) => {
    clearInterval(heartbeat)
    heartbeat = setInterval(alive, SILENCE_MS)
    const duration = `${((time ?? 0) / 1000).toFixed(1)} s`.padStart(7)
    console.log(`${ok ? 'ok    ' : 'FAILED'} ${duration}  ${relative('.', name)}`)
  })
  return { counts, failures, end: () => clearInterval(heartbeat) }
}
