import {
  isDomainError,
  operatorIdFrom,
  type OperatorRepository,
  softDeleteOperator,
  type SoftDeleteOperatorPorts,
  versionTag,
} from '@oms/domain'
import { basename } from 'node:path'
import type { Rollback } from './arguments.ts'
import { CouldNotRun } from './could-not-run.ts'
import { isOursAlone } from './existing-operator.ts'
import { MIGRATION } from './operator-order.ts'
import { type Patience, patiently } from './patience.ts'
import { createProgress, type Screen } from './progress.ts'
import { keepEarlierReport, readReport, type Report } from './report.ts'
import { openReportFile } from './report-file.ts'

export type RollbackRun = Readonly<{
  ports: SoftDeleteOperatorPorts & Patience & { operators: Pick<OperatorRepository, 'find'> }
  screen: Screen
  stopAsked: AbortSignal
  now: () => Date
}>

/** `gone`: deleted by somebody before. `kept`: somebody changed it since, or the run did not create it. */
type Fate = Readonly<{ outcome: 'deleted' | 'gone' } | { outcome: 'kept' | 'failed'; reason: string }>

export type RollbackSummary = Readonly<Record<'rows' | Fate['outcome'], number>>
export type RollbackEnded = Readonly<{ summary: RollbackSummary; total: number; interrupted: boolean }>

type Candidate = Readonly<{ line: number; name: string; operatorId: string; created: boolean }>

/** Soft-deletes what the run created and nobody changed since, and reports the rest. Rejects with CouldNotRun. */
export async function rollBack(command: Rollback, run: RollbackRun): Promise<RollbackEnded> {
  const { screen, now } = run
  const startedAt = now().toISOString()
  const candidates = candidatesOf(await readReport(command.of), command.of)
  const head = (summary: RollbackSummary, interrupted: boolean) => ({
    mode: command.dryRun ? 'rollback-dry-run' : 'rollback',
    source: basename(command.of),
    startedAt,
    finishedAt: now().toISOString(),
    ...(interrupted ? { interrupted } : {}),
    summary,
  })
  const kept = await keepEarlierReport(command.report)
  await using report = await openReportFile(command.report, head(LARGEST, true))
  const progress = createProgress(screen, candidates.length)
  if (kept !== undefined) progress.note(`the report of an earlier run is kept as ${kept}`)
  let summary: RollbackSummary = { rows: 0, deleted: 0, gone: 0, kept: 0, failed: 0 }
  for (const candidate of candidates) {
    if (run.stopAsked.aborted) break
    const { created: _, ...row } = candidate
    const fate = await fateOf(candidate, run, command)
    summary = { ...summary, rows: summary.rows + 1, [fate.outcome]: summary[fate.outcome] + 1 }
    await report.add({ ...row, ...fate })
    progress.show(summary)
    if ('reason' in fate) progress.note(`line ${row.line}, operator ${row.operatorId}: ${fate.outcome}, ${fate.reason}`)
  }
  progress.end()
  const interrupted = summary.rows < candidates.length
  await report.finish(head(summary, interrupted))
  return { summary, total: candidates.length, interrupted }
}

/** One for each operator that the run created or completed. */
function candidatesOf({ mode, rows }: Report, path: string): readonly Candidate[] {
  if (mode !== 'apply') throw new CouldNotRun(`${path} is of a dry run, which wrote nothing`)
  const found = new Map<string, Candidate>()
  for (const { line, name, operatorId, outcome, warnings } of rows) {
    const touched = warnings.some(({ code }) => code === 'RULES_CREATED' || code === 'COMPLETED')
    if (operatorId === undefined || found.has(operatorId) || (outcome === 'skipped' && !touched)) continue
    found.set(operatorId, { line, name, operatorId, created: outcome !== 'skipped' })
  }
  return [...found.values()]
}

async function fateOf(candidate: Candidate, run: RollbackRun, { dryRun }: Rollback): Promise<Fate> {
  try {
    return await patiently(run.ports, run.stopAsked, () => deleteUnchanged(run.ports, candidate, dryRun))
  } catch (error) {
    if (isDomainError(error, 'OPERATOR_NOT_FOUND')) return { outcome: 'gone' }
    if (!isDomainError(error)) throw error
    return { outcome: 'failed', reason: `${error.code}: ${error.message}` }
  }
}

async function deleteUnchanged(ports: RollbackRun['ports'], candidate: Candidate, dryRun: boolean): Promise<Fate> {
  const operatorId = operatorIdFrom(candidate.operatorId)
  const view = await ports.operators.find(operatorId)
  if (view === undefined) return { outcome: 'gone' }
  if (!candidate.created) return { outcome: 'kept', reason: 'the run completed it but did not create it' }
  if (!isOursAlone(view.operator)) return { outcome: 'kept', reason: `${view.operator.updatedBy} changed it since` }
  if (!dryRun) {
    await softDeleteOperator(ports, { operatorId, ifMatch: [versionTag(view.operator)], context: MIGRATION })
  }
  return { outcome: 'deleted' }
}

const LARGEST: RollbackSummary = {
  rows: Number.MAX_SAFE_INTEGER,
  deleted: Number.MAX_SAFE_INTEGER,
  gone: Number.MAX_SAFE_INTEGER,
  kept: Number.MAX_SAFE_INTEGER,
  failed: Number.MAX_SAFE_INTEGER,
}
