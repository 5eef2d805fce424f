// npm run bench [-- --only NAME] [--quick] [--json FILE]: figures to compare, each with a baseline of the same minute.
import { writeFile } from 'node:fs/promises'
import { argv, stderr, stdout } from 'node:process'
import { inspect } from 'node:util'
import { DevstackUnavailable } from '@oms/devstack'
import { readCommand, usage } from './command-line.ts'
import { thisMachine } from './machine.ts'
import { json, table } from './report.ts'
import type { Findings, Suite, Tools } from './suite.ts'
import { SUITES } from './suites.ts'
import { createTell } from './tell.ts'

const USAGE = 64 // sysexits(3)
const UNAVAILABLE = 69

const benches = SUITES.flatMap((suite) => suite.benches)
const command = readCommand(argv.slice(2), benches)
if (command === undefined) {
  stderr.write(usage(benches))
  process.exitCode = USAGE
} else {
  try {
    process.exitCode = await run(command)
  } catch (error) {
    if (!(error instanceof DevstackUnavailable)) throw error
    stderr.write(`${error.message}\n`)
    process.exitCode = UNAVAILABLE
  }
}

/** 0 when every goal is met on figures that count. */
async function run({ chosen, quick, jsonFile }: NonNullable<typeof command>): Promise<number> {
  const machine = thisMachine()
  const tell = createTell((text) => stderr.write(text))
  const { processor, processors, memoryGiB, system, load } = machine
  tell.now(`${processors} × ${processor}, ${memoryGiB} GiB, ${system}, load ${load.toFixed(1)}`)
  if (quick)
    tell.now(
      '--quick: at most 100,000 rules and 2 minutes of load, so nothing is said about a million, or about ten minutes',
    )

  const found: Findings[] = []
  for (const suite of SUITES) {
    if (!suite.benches.some((bench) => chosen.has(bench))) continue
    const findings = await measured(suite, chosen, { tell, quick })
    found.push(findings)
    const notes = findings.notes.map((note) => `${note}\n`).join('')
    stdout.write(`\n${table(findings.results)}\n\n${notes}`)
  }

  const results = found.flatMap((findings) => findings.results)
  const faults = found.flatMap((findings) => findings.faults)
  const versions = Object.fromEntries([machine, ...found].flatMap(({ versions }) => Object.entries(versions)))
  const report = json({ machine: { ...machine, versions }, quick, results })
  if (jsonFile === undefined) stdout.write(`\n${report}`)
  else await writeFile(jsonFile, report)

  const missed = results.filter(({ met }) => !met).length
  for (const fault of faults) stdout.write(`\nFAILED  ${fault}`)
  stdout.write(`\n${results.length - missed} of ${results.length} goals met${quick ? ' (quick)' : ''}\n`)
  return missed === 0 && faults.length === 0 ? 0 : 1
}

/** A suite that breaks takes no other's figures with it. */
async function measured(
  suite: Suite,
  chosen: ReadonlySet<string>,
  tools: Pick<Tools, 'tell' | 'quick'>,
): Promise<Findings> {
  try {
    await using opened = new AsyncDisposableStack()
    return await suite.run(chosen, { ...tools, opened })
  } catch (error) {
    if (error instanceof DevstackUnavailable) throw error
    const benches = suite.benches.filter((bench) => chosen.has(bench)).join(', ')
    return { results: [], versions: {}, notes: [], faults: [`${benches}: ${inspect(error)}`] }
  }
}
