import { OperatorResource } from '@oms/adapters/http'
import { createdOperator } from '@oms/testkit'
import { composedRate } from '../composed.ts'
import { judge } from '../result.ts'
import { measureRounds } from '../rounds.ts'
import type { Tools } from '../suite.ts'
import type { ReadSteps } from './bare-read.ts'
import type { Found } from './found.ts'
import type { Running } from './running-service.ts'

const GOAL = { name: 'GET operator', unit: 'req/s', bound: 'at least', goal: 0.8 } as const
const MILLISECONDS = { full: 3_000, quick: 1_000 }
const CONNECTIONS = 16
const OPERATORS = 50

const STEPS: Readonly<Record<keyof ReadSteps, string>> = {
  select: 'prepared select',
  token: 'token known',
  logLine: 'pino line',
  measurement: 'histogram observation',
}

/** Reads of operators over kept-alive connections, against one route of Fastify and the steps of a read, each alone. */
export async function getOperatorBench({ service, caller, bare, admin }: Running, tools: Tools): Promise<Found> {
  const milliseconds = tools.quick ? MILLISECONDS.quick : MILLISECONDS.full
  const operators = await Promise.all(Array.from({ length: OPERATORS }, () => createdOperator(service.admin)))
  const operatorIds = operators.map(({ operatorId }) => operatorId)
  const paths = operatorIds.map((operatorId) => `/v1/admin/operators/${operatorId}`)
  const route = { url: await bare.ask('serveRoute', { schema: OperatorResource, body: operators[0] ?? {} }) }
  const order = { token: await service.token(), operatorIds, milliseconds: milliseconds / 2 }
  const load = { paths, connections: CONNECTIONS, milliseconds }
  const taken: ReadSteps[] = []
  const measures = [
    () => caller.ask('getRate', { target: admin, ...load }),
    () => caller.ask('getRate', { target: route, ...load }),
    async () => {
      const steps = await bare.ask('read', order)
      taken.push(steps)
      return steps.select
    },
  ]
  for (const warmUp of measures) await warmUp()
  taken.length = 0
  const [ours = [], routes = []] = await measureRounds(measures, tools)
  const steps = Object.entries(STEPS).map(([step, name]) => ({
    name,
    figures: taken.map((each) => each[step as keyof ReadSteps]),
  }))
  const { baseline, note } = composedRate([{ name: 'Fastify route', figures: routes }, ...steps], 'req/s')
  return {
    results: [judge(GOAL, { ours, baseline })],
    notes: [`GET operator over ${CONNECTIONS} connections: ${note}`],
  }
}
