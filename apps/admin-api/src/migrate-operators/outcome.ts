import type { OperatorId } from '@oms/domain'
import type { Problem, RowWarning } from './problem.ts'

export type Outcome = 'created' | 'skipped' | 'failed'

/** A row as the report has it; in a dry run what would become of it. */
export type RowReport = Readonly<{
  line: number
  name: string
  outcome: Outcome
  /** Of a failed row: what this run created before it failed, which the next run completes. */
  operatorId?: OperatorId
  errors: readonly Problem[]
  warnings: readonly RowWarning[]
}>

export type RowResult = Readonly<{ row: RowReport; rulesCreated: number }>

export type Summary = Readonly<Record<'rows' | Outcome | 'rulesCreated', number>>

export const EMPTY_SUMMARY: Summary = { rows: 0, created: 0, skipped: 0, failed: 0, rulesCreated: 0 }

export const counted = (summary: Summary, { row, rulesCreated }: RowResult): Summary => ({
  ...summary,
  rows: summary.rows + 1,
  [row.outcome]: summary[row.outcome] + 1,
  rulesCreated: summary.rulesCreated + rulesCreated,
})
