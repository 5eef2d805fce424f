import { createdOperator, type Service } from '@oms/testkit'
import { composedTime } from '../composed.ts'
import { judge } from '../result.ts'
import { measureRounds } from '../rounds.ts'
import type { Tools } from '../suite.ts'
import type { CreateSteps, Written } from './bare-create.ts'
import type { Found } from './found.ts'
import type { Running } from './running-service.ts'

const GOAL = { name: 'create operator, p50', unit: 'ms', bound: 'at most', goal: 1.3 } as const
const COUNT = { full: 200, quick: 60 }
/** Until V8 has compiled most of what a create runs through: the first hundred take twice as long as the thousandth. */
const WARM_UP = { full: 1_000, quick: 300 }

const STEPS: Readonly<Record<keyof CreateSteps, string>> = {
  claim: 'transaction that claims',
  vaultWrite: 'Vault write',
  finish: 'transaction that finishes',
  redisSet: 'Redis SET',
}

/** One admin who creates operators, against the same statements and calls without a service around them. */
export async function createOperatorBench(
  { service, caller, bare, admin: target }: Running,
  tools: Tools,
): Promise<Found> {
  const count = tools.quick ? COUNT.quick : COUNT.full
  const written = await writtenByACreate(service)
  const warmUp = tools.quick ? WARM_UP.quick : WARM_UP.full
  await caller.ask('createOperators', { target, count: warmUp })
  await bare.ask('create', { count: warmUp, written })
  const taken: CreateSteps[] = []
  const [ours = []] = await measureRounds(
    [
      () => caller.ask('createOperators', { target, count }),
      async () => {
        const steps = await bare.ask('create', { count, written })
        taken.push(steps)
        return Object.values(steps).reduce((sum, step) => sum + step, 0)
      },
    ],
    tools,
  )
  const steps = Object.entries(STEPS).map(([step, name]) => ({
    name,
    figures: taken.map((each) => each[step as keyof CreateSteps]),
  }))
  const { baseline, note } = composedTime(steps, 'ms')
  return { results: [judge(GOAL, { ours, baseline })], notes: [`create operator: ${note}`] }
}

/** So that the rows that are written bare are as long as those of the service. */
async function writtenByACreate({ admin, sql }: Service): Promise<Written> {
  const { operatorId } = await createdOperator(admin)
  const [audit] = await sql<Written['audit'][]>`
    SELECT action, resource_type AS "resourceType", after FROM ops.admin_audit_log WHERE operator_id = ${operatorId}`
  const events = await sql<Written['events'][number][]>`
    SELECT subject, payload FROM ops.outbox WHERE operator_id = ${operatorId} ORDER BY id`
  if (audit === undefined) throw new Error('a create leaves an audit row')
  return { audit, events: [...events] }
}
