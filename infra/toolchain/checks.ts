// What `npm run check` runs, and how it is told: a line as each check ends, then what failed, in full.
import { text } from 'node:stream/consumers'
import { exitCode, startChild } from './child.ts'
import { overlongFiles } from './file-length.ts'
import { inParallel, seconds } from './progress.ts'

type Outcome = Readonly<{ ok: boolean; output: string }>
/** `tells`: what it prints when all is well is worth a line, too. */
type Check = Readonly<{ name: string; run: () => Promise<Outcome>; tells?: boolean }>

const CACHE = 'node_modules/.cache'

// The two slow ones first: they fill two processors, and the quick ones go in between.
const CHECKS: readonly Check[] = [
  {
    name: 'lint',
    run: () =>
      program(
        'eslint',
        '--cache',
        '--cache-strategy=content',
        `--cache-location=${CACHE}/eslint/`,
        '--max-warnings=0',
        '.',
      ),
  },
  { name: 'types', run: () => program('tsc', '-p', 'tsconfig.json', '--pretty', 'false') },
  { name: 'format', run: () => program('biome', 'format', '--max-diagnostics=50', '.') },
  {
    name: 'boundaries',
    run: () => program('depcruise', '--config', '.dependency-cruiser.cjs', '--output-type', 'err-long', ...SOURCES),
  },
  {
    name: 'docs',
    run: () => program(process.execPath, '--conditions=@oms/source', 'infra/toolchain/docs.ts', '--check'),
  },
  {
    name: 'contract',
    run: () => program(process.execPath, '--conditions=@oms/source', 'infra/toolchain/contract.ts'),
    tells: true,
  },
  { name: 'file length', run: async () => told(await overlongFiles(SOURCES)) },
]

const SOURCES = ['apps', 'packages', 'infra/toolchain', 'infra/prometheus', 'infra/grafana']

/** Runs them all, whatever fails. */
export async function runChecks(): Promise<{ passed: number; failed: number }> {
  const failures: string[] = []
  await inParallel(CHECKS, async ({ name, run, tells }) => {
    const elapsed = seconds()
    const { ok, output } = await run()
    const more = ok && tells ? `  ${output.trim()}` : ''
    console.log(`${ok ? 'ok    ' : 'FAILED'}  ${name.padEnd(12)} ${elapsed()}${more}`)
    if (!ok) failures.push(`── ${name} ──\n${output.trim()}\n`)
  })
  if (failures.length > 0) console.log(`\n${failures.join('\n')}`)
  return { passed: CHECKS.length - failures.length, failed: failures.length }
}

async function program(name: string, ...args: string[]): Promise<Outcome> {
  const child = startChild(name, args, { stdio: ['ignore', 'pipe', 'pipe'] })
  const output = [child.stdout, child.stderr].map((stream) => (stream ? text(stream) : ''))
  const [code, ...texts] = await Promise.all([exitCode(child), ...output])
  return { ok: code === 0, output: texts.join('') }
}

function told(complaints: readonly string[]): Outcome {
  return { ok: complaints.length === 0, output: complaints.join('\n') }
}
