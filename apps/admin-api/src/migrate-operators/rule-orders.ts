import { CreateRoutingRuleBody, type NewRoutingRule, parseCreateRoutingRule } from '@oms/domain'
import { codeCell, hasLostZeros } from './cells/code-cell.ts'
import { moneyCell } from './cells/money-cell.ts'
import { numberCell } from './cells/number-cell.ts'
import { prefixesCell } from './cells/prefixes-cell.ts'
import { bodyCheck, checkBody } from './check-body.ts'
import { type Cells, type Column, RULE_COLUMNS } from './columns.ts'
import { distinct, type Problem, type RowWarning } from './problem.ts'

/** `problems` has every cell at fault, judged as the admin API judges the body of a rule; `rules` is empty then. */
export type RuleOrders = Readonly<{
  rules: readonly NewRoutingRule[]
  problems: readonly Problem[]
  warnings: readonly RowWarning[]
}>

/** One rule for each prefix of the row, all with the row's priority, weight, cost and network. */
export function readRuleOrders(cells: Cells): RuleOrders {
  const { prefixes, unclear } = prefixesCell(cells.prefixes ?? '')
  const problems: Problem[] = unclear.map(() => ({
    column: 'prefixes',
    code: 'AMBIGUOUS_PREFIX',
    message: 'must be prefixes such as +93 70, 9370 or 0093 70, with ; or a line end between two of them',
  }))
  const shared = readShared(cells, problems)
  const checked = prefixes.map((prefix, index) => {
    const { parsed, problems: found } = checkBody(CREATE_RULE, { ...shared, prefix }, problems)
    return { parsed, found: prefixes.length === 1 ? found : found.map((problem) => numbered(problem, index)) }
  })
  // Without a prefix there is no rule, but a cell that cannot be right is still told.
  const alone =
    prefixes.length > 0
      ? []
      : checkBody(CREATE_RULE, { costPerSegment: '0', ...shared, prefix: '+1' }, problems).problems
  const all = distinct([...problems, ...checked.flatMap(({ found }) => found), ...alone])
  return {
    rules: all.length > 0 ? [] : checked.flatMap(({ parsed }) => parsed ?? []),
    problems: all,
    warnings: cells.prefixes === undefined ? unused(cells) : [],
  }
}

function readShared(cells: Cells, problems: Problem[]): Record<string, unknown> {
  const body: Record<string, unknown> = {}
  const read = (column: Column, member: string, parse: (text: string) => unknown): void => {
    const text = cells[column]
    if (text === undefined) return
    const value = parse(text)
    if (value !== undefined) body[member] = value
    else if (!problems.some((problem) => problem.column === column)) problems.push(NOT_A_NUMBER(column))
  }
  read('priority', 'priority', numberCell)
  read('weight', 'weight', numberCell)
  read('cost_per_segment', 'costPerSegment', moneyCell)
  read('currency', 'currency', (text) => text.toUpperCase())
  read('mcc', 'mcc', codeCell)
  read('mnc', 'mnc', (text) => {
    const mnc = codeCell(text)
    if (!hasLostZeros(mnc)) return mnc
    problems.push({
      column: 'mnc',
      code: 'AMBIGUOUS_MNC',
      message: 'has lost its zeros: 01 and 001 are different networks, write all digits as text',
    })
    return undefined
  })
  return body
}

const NOT_A_NUMBER = (column: Column): Problem =>
  column === 'cost_per_segment'
    ? { column, code: 'AMBIGUOUS_NUMBER', message: 'must be an amount with a decimal point, such as 0.0042' }
    : { column, code: 'INVALID_PAYLOAD', message: 'must be a number such as 10' }

const numbered = (problem: Problem, index: number): Problem =>
  problem.column === 'prefixes' && problem.code === 'INVALID_PAYLOAD'
    ? { ...problem, message: `prefix ${index + 1}: ${problem.message}` }
    : problem

function unused(cells: Cells): RowWarning[] {
  const column = RULE_COLUMNS.find((each) => cells[each] !== undefined)
  if (column === undefined) return []
  return [{ column, code: 'RULE_COLUMNS_UNUSED', message: 'there is no prefix, so no rule to take this' }]
}

const CREATE_RULE = bodyCheck(CreateRoutingRuleBody, {
  parse: parseCreateRoutingRule,
  columnOf: {
    prefix: 'prefixes',
    priority: 'priority',
    weight: 'weight',
    costPerSegment: 'cost_per_segment',
    currency: 'currency',
    mcc: 'mcc',
    mnc: 'mnc',
  },
  standIns: { prefix: '+1', costPerSegment: '0' },
})
