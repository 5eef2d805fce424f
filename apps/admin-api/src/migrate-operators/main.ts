// migrate-operators SHEET.csv …: brings the carrier-relations spreadsheet into the service. `--help` says how.
import { ConfigError } from '@oms/adapters/config'
import { createLogger, type Logger } from '@oms/adapters/telemetry'
import { type Migrate, readArguments, type Rollback, USAGE } from './arguments.ts'
import { openPorts } from './compose.ts'
import { type MigrationConfig, readMigrationConfig } from './config.ts'
import { CouldNotRun } from './could-not-run.ts'
import { migrateSheet } from './migrate-sheet.ts'
import { type Counts, countsOf, type Screen } from './progress.ts'
import { rollBack } from './rollback.ts'

const ALL_WELL = 0
const COULD_NOT_RUN = 1
const SOME_FAILED = 2

const PATIENCE = { outageMs: 30_000, raceMs: 90_000 }
const ROWS_IN_HAND = 8
const ONE_SIGNAL_MS = 1_000

const say = (text: string): void => void process.stderr.write(text)
// Errors of rows are told in the report; what is left for the log is rare.
const log = createLogger({ level: 'warn', app: 'migrate-operators', destination: { write: say } })

async function run(): Promise<number> {
  try {
    const command = readArguments(process.argv.slice(2))
    if (command.kind === 'help') {
      process.stdout.write(USAGE)
      return ALL_WELL
    }
    return await execute(command, readMigrationConfig(process.env), log)
  } catch (error) {
    if (error instanceof CouldNotRun) say(`migrate-operators: ${error.message}\n`)
    else if (error instanceof ConfigError) {
      say(`The configuration has ${error.problems.length} problem(s):\n`)
      for (const { variable, message } of error.problems) say(`  ${variable}: ${message}\n`)
    } else log.fatal({ err: error }, 'crashed')
    return COULD_NOT_RUN
  }
}

async function execute(command: Migrate | Rollback, config: MigrationConfig, log: Logger): Promise<number> {
  const stopAsked = stopOnSignal()
  await using opened = await openPorts(config, log)
  const run = {
    ports: { ...opened, ...PATIENCE },
    screen: screen(),
    width: Math.min(ROWS_IN_HAND, config.DATABASE_POOL),
    stopAsked,
    onOutage: (err: unknown) => log.error({ err }, 'the run ends here'),
    now: () => new Date(),
  }
  const { summary, total, interrupted } = await (command.kind === 'migrate'
    ? migrateSheet(command, run)
    : rollBack(command, run))
  process.stdout.write(`${conclusion(command, summary, total)}\nreport: ${command.report}\n`)
  if (interrupted) {
    say('migrate-operators: interrupted; what is in the report is done, run it again for the rest\n')
    return COULD_NOT_RUN
  }
  return (summary.failed ?? 0) + ('kept' in summary ? summary.kept : 0) > 0 ? SOME_FAILED : ALL_WELL
}

const conclusion = (command: Migrate | Rollback, counts: Counts, total: number): string =>
  `${command.dryRun ? 'dry run, nothing was written: ' : ''}${countsOf(counts, total)}`

/** Aborts on the first signal; a later one ends the process at once. */
function stopOnSignal(): AbortSignal {
  const asked = new AbortController()
  let askedAt = 0
  const stop = (): void => {
    // Ctrl-C comes twice: from the terminal, and from npm, which passes on what it was sent.
    if (asked.signal.aborted && performance.now() - askedAt > ONE_SIGNAL_MS) process.exit(COULD_NOT_RUN)
    if (!asked.signal.aborted) askedAt = performance.now()
    asked.abort()
  }
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, stop)
  return asked.signal
}

const screen = (): Screen => ({
  isTerminal: process.stderr.isTTY,
  // A terminal that nobody gave a size says 0.
  width: process.stderr.columns || 80,
  write: say,
  elapsedMs: () => performance.now(),
})

// Explicitly, for the drivers leave sockets half open to a server that is frozen.
process.exit(await run())
