import {
  createOperator,
  type CreateOperatorPorts,
  createRoutingRule,
  type CreateRoutingRulePorts,
  DomainError,
  type NewRoutingRule,
  type OperatorId,
  updateOperator,
  type UpdateOperatorPorts,
  versionTag,
} from '@oms/domain'
import type { Cells } from './columns.ts'
import { differingColumns, type ExistingOperatorPorts, findExisting, isOursAlone } from './existing-operator.ts'
import { missingRules } from './missing-rules.ts'
import { MIGRATION, type OperatorOrder } from './operator-order.ts'
import type { Outcome } from './outcome.ts'
import type { Problem, RowWarning } from './problem.ts'

export type SettlePorts = ExistingOperatorPorts & CreateOperatorPorts & UpdateOperatorPorts & CreateRoutingRulePorts

/** What was written for a row so far: it stays through the attempts that a row may take. */
export type Written = { operatorId?: OperatorId; rules: number }

export type Wish = Readonly<{
  cells: Cells
  order: OperatorOrder
  rules: readonly NewRoutingRule[]
  /** Nothing is written, and `written.rules` counts what would be. */
  dryRun: boolean
  written: Written
}>

export type Settled = Readonly<{
  outcome: Outcome
  operatorId?: OperatorId
  problems: readonly Problem[]
  warnings: readonly RowWarning[]
  /** All rules of the operator, the new ones included. */
  held: readonly NewRoutingRule[]
}>

/**
 * Brings the operator of a row to what the row says: creates it, or completes what an interrupted run began, or finds that
 * it is so already. May be called again after it rejected. Rejects as the use cases do, and with DUPLICATE_OPERATOR while
 * somebody else's create of it is not finished.
 */
export async function settleOperator(ports: SettlePorts, wish: Wish): Promise<Settled> {
  const { order, cells, dryRun } = wish
  const existing = await findExisting(ports, order.command.settings)
  if (existing.state === 'PENDING' && !dryRun) {
    throw new DomainError('DUPLICATE_OPERATOR', 'a create of the same operator is not finished; run again in a minute')
  }
  const entry = existing.state === 'LIVE' ? existing.entry : undefined
  const held = entry?.rules ?? []
  const { missing, problems: ofRules } = missingRules(wish.rules, held, cells)
  if (entry === undefined) {
    if (ofRules.length > 0) return failed(ofRules)
    await create(ports, wish, missing)
    const warnings = existing.state === 'PENDING' ? [...order.warnings, IN_PROGRESS] : order.warnings
    return { outcome: 'created', ...idOf(wish.written), problems: [], warnings, held: missing }
  }

  const { operator } = entry
  const differing = await differingColumns(ports, operator, wish)
  const lacksStatus = differing.join() === 'status' && operator.status === 'INACTIVE' && isOursAlone(operator)
  const ofOperator = (lacksStatus ? [] : differing).map(
    (column): Problem => ({
      column,
      code: 'EXISTS_DIFFERENT',
      message: `differs from operator ${operator.operatorId}`,
    }),
  )
  if (ofOperator.length + ofRules.length > 0) return failed([...ofOperator, ...ofRules])
  await complete(ports, operator, { wish, missing, activate: lacksStatus })
  return {
    // An attempt before this one may have made it.
    outcome: operator.operatorId === wish.written.operatorId ? 'created' : 'skipped',
    operatorId: operator.operatorId,
    problems: [],
    warnings: [...order.warnings, ...(lacksStatus ? [COMPLETED] : []), ...rulesCreated(missing.length)],
    held: [...held, ...missing],
  }
}

async function create(ports: SettlePorts, wish: Wish, missing: readonly NewRoutingRule[]): Promise<void> {
  const { order, written, dryRun } = wish
  const activate = order.status === 'ACTIVE'
  if (dryRun) return void (written.rules += missing.length)
  const { operator } = await createOperator(ports, order.command)
  written.operatorId = operator.operatorId
  await complete(ports, operator, { wish, missing, activate })
}

/** Its rules first, so that it is in service with all of them or not at all. Nobody may have changed it meanwhile. */
async function complete(
  ports: SettlePorts,
  { operatorId, version }: Readonly<{ operatorId: OperatorId; version: number }>,
  plan: Readonly<{ wish: Wish; missing: readonly NewRoutingRule[]; activate: boolean }>,
): Promise<void> {
  const { written, dryRun } = plan.wish
  if (dryRun) return void (written.rules += plan.missing.length)
  let ifMatch = [versionTag({ version })]
  for (const rule of plan.missing) {
    const created = await createRoutingRule(ports, { operatorId, rule, ifMatch, context: MIGRATION })
    written.rules += 1
    ifMatch = [versionTag(created)]
  }
  if (plan.activate) {
    await updateOperator(ports, { operatorId, patch: { status: 'ACTIVE' }, ifMatch, context: MIGRATION })
  }
}

export const rulesCreated = (count: number): RowWarning[] =>
  count === 0
    ? []
    : [{ column: 'prefixes', code: 'RULES_CREATED', message: `rules that the operator lacked: ${count}` }]

const failed = (problems: readonly Problem[]): Settled => ({ outcome: 'failed', problems, warnings: [], held: [] })

const idOf = ({ operatorId }: Written): { operatorId?: OperatorId } => (operatorId === undefined ? {} : { operatorId })

const COMPLETED: RowWarning = {
  column: 'status',
  code: 'COMPLETED',
  message: 'an interrupted run had made it INACTIVE',
}

const IN_PROGRESS: RowWarning = {
  column: '',
  code: 'CREATE_IN_PROGRESS',
  message: 'a create of the same operator is not finished: what becomes of it decides',
}
