import { isDomainError } from '@oms/domain'
import type { FileIndex } from './file-index.ts'
import type { LastPass } from './lastpass.ts'
import { readOperatorOrder } from './operator-order.ts'
import type { RowResult } from './outcome.ts'
import { isOutage, type Patience, patiently } from './patience.ts'
import type { Problem, RowWarning } from './problem.ts'
import { type FirstRow, firstRow, settleRepetition } from './repeated-row.ts'
import { readRuleOrders } from './rule-orders.ts'
import { type Settled, settleOperator, type SettlePorts, type Written } from './settle-operator.ts'
import type { SheetRow } from './sheet.ts'

export type RowMigration = Readonly<{
  ports: SettlePorts & Patience
  index: FileIndex
  lastPass: LastPass | undefined
  dryRun: boolean
  /** Aborted when the run is to end: a row in hand waits for nothing any more. */
  stop: AbortSignal
  /** Told why no further row can be done. */
  onOutage: (error: unknown) => void
}>

type Settling = Readonly<{ settled: Settled; written: Written }>

/** Takes the rows in their order, several at a time; those of one operator wait for each other. Never rejects. */
export function createRowMigration(migration: RowMigration): (row: SheetRow) => Promise<RowResult> {
  const { index } = migration
  /** Only of operators that later rows name again. */
  const firsts = new Map<number, Promise<FirstRow>>()

  return async (row) => {
    const line = index.firstLineOf(row)
    const before = line === row.line ? undefined : firsts.get(line)
    const done = before === undefined ? settleFirst(migration, row) : settleLater(migration, row, before)
    if (before === undefined && index.isRepeated(line)) {
      firsts.set(
        line,
        done.then(({ settled }) => firstRow(row, settled, readRuleOrders(row.cells).rules)),
      )
    } else if (before !== undefined) {
      firsts.set(
        line,
        done.then(() => before),
      )
    }
    const { settled, written } = await done
    return resultOf(row, settled, written)
  }
}

async function settleFirst(migration: RowMigration, row: SheetRow): Promise<Settling> {
  const { ports, dryRun } = migration
  return attempted(migration, async (written) => {
    const password = await passwordOf(migration, row)
    const known = [...misplaced(row), ...('problem' in password ? [password.problem] : [])]
    const { order, problems } = readOperatorOrder(row.cells, 'text' in password ? password.text : undefined, known)
    const orders = readRuleOrders(row.cells)
    if (order === undefined || orders.problems.length > 0) return failed([...problems, ...orders.problems])
    const settled = await patiently(ports, migration.stop, () =>
      settleOperator(ports, { cells: row.cells, order, rules: orders.rules, dryRun, written }),
    )
    const warnings = 'warning' in password ? [password.warning] : []
    return { ...settled, warnings: [...settled.warnings, ...orders.warnings, ...warnings, ...shortened(row)] }
  })
}

const settleLater = (migration: RowMigration, row: SheetRow, before: Promise<FirstRow>): Promise<Settling> =>
  attempted(migration, async (written) => {
    const { ports, dryRun } = migration
    const first = await before
    if (row.overlong) return failed(misplaced(row))
    const orders = readRuleOrders(row.cells)
    return patiently(ports, migration.stop, () => settleRepetition(ports, first, { row, orders, dryRun, written }))
  })

async function attempted(
  { onOutage }: RowMigration,
  settle: (written: Written) => Promise<Settled>,
): Promise<Settling> {
  const written: Written = { rules: 0 }
  try {
    return { settled: await settle(written), written }
  } catch (error) {
    if (isOutage(error) || !isDomainError(error)) onOutage(error)
    return { settled: rejected(error, written), written }
  }
}

type RowPassword = Readonly<{ text?: string } | { text: string; warning: RowWarning } | { problem: Problem }>

/** The row's own comes first. */
async function passwordOf({ lastPass }: RowMigration, row: SheetRow): Promise<RowPassword> {
  const { password } = row.cells
  if (password !== undefined) return { text: password }
  if (lastPass === undefined) return {}
  const found = await lastPass.passwordFor(row)
  return 'text' in found && /&(?:amp|lt|gt|quot|#39);/.test(found.text) ? { ...found, warning: ESCAPED } : found
}

function rejected(error: unknown, { operatorId }: Written): Settled {
  const problem: Problem = isDomainError(error)
    ? { column: COLUMN_OF_CODE[error.code] ?? '', code: error.code, message: error.message }
    : { column: '', code: 'INTERNAL_ERROR', message: 'something went wrong; the log has more' }
  return { ...failed([problem]), ...(operatorId === undefined ? {} : { operatorId, warnings: [UNFINISHED] }) }
}

const COLUMN_OF_CODE: Readonly<Partial<Record<string, Problem['column']>>> = {
  CREDENTIALS_MISSING: 'password',
  DUPLICATE_NAME: 'name',
  PREFIX_CONFLICT: 'prefixes',
}

const resultOf = ({ line, name }: SheetRow, settled: Settled, { rules }: Written): RowResult => ({
  row: {
    line,
    name,
    outcome: settled.outcome,
    ...(settled.operatorId === undefined ? {} : { operatorId: settled.operatorId }),
    errors: settled.problems,
    warnings: settled.warnings,
  },
  rulesCreated: rules,
})

const failed = (problems: readonly Problem[]): Settled => ({ outcome: 'failed', problems, warnings: [], held: [] })

const misplaced = ({ overlong }: SheetRow): Problem[] =>
  overlong
    ? [{ column: '', code: 'CELL_WITHOUT_COLUMN', message: 'has more cells than the header, so they may have moved' }]
    : []

const shortened = ({ short }: SheetRow): RowWarning[] =>
  short
    ? [{ column: '', code: 'SHORT_ROW', message: 'has fewer cells than the header; the others count as blank' }]
    : []

const ESCAPED: RowWarning = {
  column: 'password',
  code: 'PASSWORD_MAY_BE_ESCAPED',
  message: 'looks as if the LastPass export had escaped it for HTML; it was taken as it is',
}

const UNFINISHED: RowWarning = {
  column: '',
  code: 'UNFINISHED',
  message: 'the operator was made, but lacks its status or rules; the next run completes it',
}
