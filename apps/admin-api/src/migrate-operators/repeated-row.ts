import { createRoutingRule, type CreateRoutingRulePorts, type NewRoutingRule, type OperatorId } from '@oms/domain'
import { createHmac, randomBytes } from 'node:crypto'
import { bindTypeCell, choiceCell } from './cells/choice-cell.ts'
import { numberCell } from './cells/number-cell.ts'
import { type Cells, type Column, COLUMNS, RULE_COLUMNS } from './columns.ts'
import { canonicalHost, foldedName } from './file-index.ts'
import { missingRules, ruleKey } from './missing-rules.ts'
import { MIGRATION } from './operator-order.ts'
import type { Problem } from './problem.ts'
import { rulesCreated, type Settled, type Written } from './settle-operator.ts'
import type { RuleOrders } from './rule-orders.ts'
import type { SheetRow } from './sheet.ts'

/** What later rows that name an operator again are held against: digests, and rules by their prefixes. */
export type FirstRow = Readonly<{
  line: number
  failed: boolean
  operatorId?: OperatorId
  cells: ReadonlyMap<Column, string>
  /** The line that first asked for each rule. */
  ruleLines: Map<string, number>
  /** All rules of the operator, in a dry run those it would have by now. */
  held: NewRoutingRule[]
}>

export type Repetition = Readonly<{ row: SheetRow; orders: RuleOrders; dryRun: boolean; written: Written }>

const OPERATOR_COLUMNS = COLUMNS.filter((column) => !RULE_COLUMNS.some((ofRule) => ofRule === column))

export function firstRow(
  { line, cells }: SheetRow,
  { outcome, operatorId, held }: Settled,
  rules: readonly NewRoutingRule[],
): FirstRow {
  return {
    line,
    failed: outcome === 'failed',
    ...(operatorId === undefined ? {} : { operatorId }),
    cells: digests({ status: 'INACTIVE', ...cells }),
    ruleLines: new Map(rules.map((rule) => [ruleKey(rule), line])),
    held: [...held],
  }
}

/** Adds the rules of a row that repeats its operator and brings nothing else. May be called again after it rejected. */
export async function settleRepetition(
  ports: CreateRoutingRulePorts,
  first: FirstRow,
  { row, orders, dryRun, written }: Repetition,
): Promise<Settled> {
  const problems = [...repetitions(first, row, orders), ...orders.problems]
  if (problems.length > 0) return failed(problems)
  if (first.failed) {
    return failed([
      { column: '', code: 'FIRST_ROW_FAILED', message: `line ${first.line}, of the same operator, failed` },
    ])
  }
  const { missing, problems: ofRules } = missingRules(orders.rules, first.held, row.cells)
  if (ofRules.length > 0) return failed(ofRules)
  for (const rule of missing) {
    if (!dryRun && first.operatorId !== undefined) {
      await createRoutingRule(ports, { operatorId: first.operatorId, rule, context: MIGRATION })
    }
    written.rules += 1
    first.held.push(rule)
  }
  for (const rule of orders.rules) first.ruleLines.set(ruleKey(rule), row.line)
  return {
    outcome: 'skipped',
    ...(first.operatorId === undefined ? {} : { operatorId: first.operatorId }),
    problems: [],
    warnings: rulesCreated(written.rules),
    held: [],
  }
}

function repetitions(first: FirstRow, { cells }: SheetRow, { rules }: RuleOrders): Problem[] {
  const repeats = (column: Column, message: string): Problem => ({ column, code: 'DUPLICATE_IN_FILE', message })
  const differing = [...digests(cells)]
    .filter(([column, digest]) => first.cells.get(column) !== digest)
    .map(([column]) => repeats(column, `line ${first.line} is of the same operator and has another ${column}`))
  if (differing.length > 0) return differing
  if (cells.prefixes === undefined) return [repeats('name', `line ${first.line} is of the same operator`)]
  const lines = new Set(rules.flatMap((rule) => first.ruleLines.get(ruleKey(rule)) ?? []))
  return [...lines].map((line) => repeats('prefixes', `line ${line} has a rule for the same prefix and network`))
}

const failed = (problems: readonly Problem[]): Settled => ({ outcome: 'failed', problems, warnings: [], held: [] })

/** Of this process only: a password's digest that lay about would be as good as the password. */
const key = randomBytes(32)

const digests = (cells: Cells): ReadonlyMap<Column, string> =>
  new Map(
    OPERATOR_COLUMNS.flatMap((column) => {
      const text = cells[column]
      if (text === undefined) return []
      return [[column, createHmac('sha256', key).update(canonical(column, text)).digest('base64')]]
    }),
  )

function canonical(column: Column, text: string): string {
  switch (column) {
    case 'name':
      return foldedName(text)
    case 'host':
      return canonicalHost(text)
    case 'port':
    case 'max_tps':
    case 'burst_multiplier':
      return String(numberCell(text) ?? text)
    case 'bind_type':
      return bindTypeCell(text)
    case 'status':
    case 'enforcement_mode':
      return choiceCell(text)
    case 'mno':
      return text.toLowerCase()
    default:
      return text
  }
}
