import { basename } from 'node:path'
import type { Migrate } from './arguments.ts'
import { CouldNotRun } from './could-not-run.ts'
import { type FileIndex, indexSheet } from './file-index.ts'
import { inOrder } from './in-order.ts'
import { openLastPass } from './lastpass.ts'
import { createRowMigration, type RowMigration } from './migrate-row.ts'
import { counted, EMPTY_SUMMARY, type RowReport, type Summary } from './outcome.ts'
import { createProgress, type Screen } from './progress.ts'
import { keepEarlierReport, readReportHead, type ReportHead } from './report.ts'
import { openReportFile } from './report-file.ts'
import { openSheet } from './sheet.ts'

export type Migration = Readonly<{
  ports: RowMigration['ports']
  screen: Screen
  /** Rows in hand at a time. */
  width: number
  /** Aborts when a signal asks for the end. */
  stopAsked: AbortSignal
  /** Told of what ended the run. */
  onOutage: (error: unknown) => void
  now: () => Date
}>

export type Ended = Readonly<{ summary: Summary; total: number; interrupted: boolean }>

/** Failed rows that are told while they come; the report has them all. */
const TOLD_FAILURES = 20

/** Reads the sheet twice: for what its rows are to each other, then row by row. Rejects with CouldNotRun. */
export async function migrateSheet(command: Migrate, migration: Migration): Promise<Ended> {
  const { screen, stopAsked, now } = migration
  const startedAt = now()
  const index = await indexSheet(command.sheet)
  await assertApproved(command, index)
  const kept = await keepEarlierReport(command.report)
  await using lastPass = command.passwords === undefined ? undefined : await openLastPass(command.passwords, index)
  const head = (summary: Summary, interrupted: boolean): ReportHead => ({
    mode: command.dryRun ? 'dry-run' : 'apply',
    source: basename(command.sheet),
    sourceSha256: index.sha256,
    startedAt: startedAt.toISOString(),
    finishedAt: now().toISOString(),
    ...(interrupted ? { interrupted: true } : {}),
    summary,
    unknownColumns: [...index.unknownColumns],
  })
  await using report = await openReportFile(command.report, head(LARGEST, true))

  const progress = createProgress(screen, index.rows)
  if (kept !== undefined) progress.note(`the report of an earlier run is kept as ${kept}`)
  if (index.unknownColumns.length > 0)
    progress.note(`columns that are not known: ${index.unknownColumns.map((name) => JSON.stringify(name)).join(', ')}`)
  const outage = new AbortController()
  const stop = AbortSignal.any([stopAsked, outage.signal])
  const migrateRow = createRowMigration({
    ports: migration.ports,
    index,
    lastPass,
    dryRun: command.dryRun,
    stop,
    onOutage: (error) => {
      if (!outage.signal.aborted) migration.onOutage(error)
      outage.abort()
    },
  })

  let summary = EMPTY_SUMMARY
  const sheet = await openSheet(command.sheet)
  for await (const result of inOrder(sheet.rows, { width: migration.width, stop }, migrateRow)) {
    await report.add(result.row)
    summary = counted(summary, result)
    if (result.row.outcome === 'failed' && summary.failed <= TOLD_FAILURES) progress.note(lineOf(result.row))
    progress.show(summary)
  }
  progress.end()
  const interrupted = outage.signal.aborted || summary.rows < index.rows
  await report.finish(head(summary, interrupted))
  if (!interrupted && sheet.sha256() !== index.sha256) {
    throw new CouldNotRun(`${command.sheet} was changed while it was read; ${command.report} says what was done`)
  }
  return { summary, total: index.rows, interrupted }
}

async function assertApproved({ approved, sheet }: Migrate, { sha256 }: FileIndex): Promise<void> {
  if (approved === undefined) return
  const head = await readReportHead(approved)
  if (head.interrupted) throw new CouldNotRun(`${approved} is of a run that did not come to its end`)
  if (head.sourceSha256 !== sha256) throw new CouldNotRun(`${sheet} is not the sheet that ${approved} approves`)
}

const LARGEST: Summary = {
  rows: Number.MAX_SAFE_INTEGER,
  created: Number.MAX_SAFE_INTEGER,
  skipped: Number.MAX_SAFE_INTEGER,
  failed: Number.MAX_SAFE_INTEGER,
  rulesCreated: Number.MAX_SAFE_INTEGER,
}

const lineOf = ({ line, errors }: RowReport): string =>
  `line ${line} failed: ${errors.map(({ column, code, message }) => [column, code, message].filter(Boolean).join(' ')).join('; ')}`
