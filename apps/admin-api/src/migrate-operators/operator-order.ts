import {
  type ChangeContext,
  CreateOperatorBody,
  type CreateOperator,
  type OperatorStatus,
  parseCreateOperator,
  passwordWarnings,
} from '@oms/domain'
import { bindTypeCell, choiceCell } from './cells/choice-cell.ts'
import { numberCell } from './cells/number-cell.ts'
import { bodyCheck, checkBody } from './check-body.ts'
import type { Cells, Column } from './columns.ts'
import type { Problem, RowWarning } from './problem.ts'

/** Whom history and events name for everything that the migration does. */
export const MIGRATION_ACTOR = 'migration-script'

export const MIGRATION: ChangeContext = {
  actor: MIGRATION_ACTOR,
  requestId: null,
  traceparent: null,
  sourceAddress: null,
}

/** What a row asks for, its rules apart. */
export type OperatorOrder = Readonly<{
  command: CreateOperator
  /** What it is to become after the create, which makes it INACTIVE. */
  status: Extract<OperatorStatus, 'INACTIVE' | 'ACTIVE'>
  warnings: readonly RowWarning[]
}>

type Read = Readonly<{ order?: OperatorOrder; problems: readonly Problem[] }>

/** `problems` has every cell at fault, judged as the admin API judges the body of a create. */
export function readOperatorOrder(cells: Cells, password: string | undefined, known: readonly Problem[] = []): Read {
  const problems = [...known]
  const number = (column: Column): number | undefined => {
    const text = cells[column]
    const value = text === undefined ? undefined : numberCell(text)
    if (text !== undefined && value === undefined) {
      problems.push({ column, code: 'INVALID_PAYLOAD', message: 'must be a number such as 2775 or 2,775' })
    }
    return value
  }
  const body = given({
    name: cells.name,
    host: cells.host,
    port: number('port'),
    systemId: cells.system_id,
    systemType: cells.system_type,
    bindType: cells.bind_type === undefined ? undefined : bindTypeCell(cells.bind_type),
    password,
    tpsLimit: given({
      maxTps: number('max_tps'),
      burstMultiplier: number('burst_multiplier'),
      enforcementMode: cells.enforcement_mode === undefined ? undefined : choiceCell(cells.enforcement_mode),
    }),
    notes: cells.notes,
    mnoId: cells.mno?.toLowerCase(),
  })
  const status = choiceCell(cells.status ?? 'INACTIVE')
  if (status !== 'ACTIVE' && status !== 'INACTIVE') problems.push(unreachable(status))
  const { parsed: command, problems: all } = checkBody(CREATE_OPERATOR, body, problems)
  if (command === undefined || (status !== 'ACTIVE' && status !== 'INACTIVE')) return { problems: all }
  const warnings = passwordWarnings(command.password).map(
    ({ code, message }): RowWarning => ({ column: 'password', code, message }),
  )
  return { order: { command, status, warnings }, problems: [] }
}

const unreachable = (status: string): Problem => ({
  column: 'status',
  code: 'INVALID_PAYLOAD',
  message:
    status === 'SUSPENDED'
      ? 'an operator is suspended out of service only: bring it over as INACTIVE'
      : 'must be ACTIVE, INACTIVE or blank',
})

const given = (members: Readonly<Record<string, unknown>>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined))

const CREATE_OPERATOR = bodyCheck(CreateOperatorBody, {
  parse: (body: CreateOperatorBody) => parseCreateOperator(body, MIGRATION),
  columnOf: {
    name: 'name',
    host: 'host',
    port: 'port',
    systemId: 'system_id',
    systemType: 'system_type',
    bindType: 'bind_type',
    password: 'password',
    'tpsLimit.maxTps': 'max_tps',
    'tpsLimit.burstMultiplier': 'burst_multiplier',
    'tpsLimit.enforcementMode': 'enforcement_mode',
    notes: 'notes',
    mnoId: 'mno',
  },
  standIns: {
    name: 'x',
    host: 'x',
    port: 1,
    systemId: 'x',
    bindType: 'TRANSCEIVER',
    password: 'x',
    'tpsLimit.maxTps': 1,
  },
})
