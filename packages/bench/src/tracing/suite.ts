import { createdOperator, type RunningApp, startService } from '@oms/testkit'
import { join } from 'node:path'
import type { Caller, Target } from '../process/caller.ts'
import { startRemote } from '../process/remote.ts'
import { type Goal, judge, type Result } from '../result.ts'
import { type Measure, measureRounds } from '../rounds.ts'
import { PRODUCTION } from '../service/running-service.ts'
import { ingestStretch } from '../streams/ingest.ts'
import { startIngestor } from '../streams/ingestor.ts'
import type { Suite, Tools } from '../suite.ts'
import type { Collector } from './collector.ts'
import { measureSpanWhenOff } from './span-when-off.ts'

const AT_LEAST = { bound: 'at least', goal: 0.9 } as const
const AT_MOST = { bound: 'at most', goal: 1.1 } as const
const CONNECTIONS = 16
const OPERATORS = 50

type Pair<T> = Readonly<{ on: T; off: T }>
type Bench = (places: Places, tools: Tools) => Promise<Result>
type Places = Readonly<{
  admin: Pair<Target>
  tenth: Target
  internal: Pair<Target>
  ask: Asks
  operatorIds: readonly string[]
}>
type Asks = Awaited<ReturnType<typeof startRemote<Caller>>>['ask']

/** Each against the same process without a receiver, every trace sampled: what a caller who samples less saves. */
const BENCHES: Readonly<Record<string, Bench>> = {
  'tracing.get-operator': ({ admin, ...places }, tools) =>
    rates(
      { ...places, targets: admin, path: (id) => `/v1/admin/operators/${id}`, name: 'GET operator, traced' },
      tools,
    ),
  'tracing.get-operator-tenth': ({ admin, tenth, ...places }, tools) =>
    rates(
      {
        ...places,
        targets: { on: tenth, off: admin.off },
        path: (id) => `/v1/admin/operators/${id}`,
        name: 'GET operator, a tenth traced',
      },
      tools,
    ),
  'tracing.credentials': ({ internal, ...places }, tools) =>
    rates(
      {
        ...places,
        targets: internal,
        path: (id) => `/v1/internal/operators/${id}/credentials`,
        name: 'credentials, traced',
      },
      tools,
    ),
  async 'tracing.create-operator'({ admin, ask }, tools) {
    const count = tools.quick ? 40 : 150
    const create = (target: Target) => () => ask('createOperators', { target, count })
    return inTurns(
      { name: 'create operator, traced', unit: 'ms', ...AT_MOST },
      [create(admin.on), create(admin.off)],
      tools,
    )
  },
}
const INGEST = 'tracing.health-ingest'
const OFF = 'tracing.off'

/** What traces cost who makes them, and what the code for them costs while nobody wants any. */
export const tracing: Suite = {
  benches: [...Object.keys(BENCHES), INGEST, OFF],
  async run(chosen, tools) {
    const { opened, tell } = tools
    const collector = opened.use(await startRemote<Collector>(join(import.meta.dirname, 'collector.ts')))
    const traced = { OTEL_EXPORTER_OTLP_ENDPOINT: await collector.ask('listen', {}) }
    const results: Result[] = []
    if (chosen.has(OFF)) results.push(await measureSpanWhenOff(tools))
    if (Object.keys(BENCHES).some((name) => chosen.has(name))) {
      const places = await startPlaces(traced, tools)
      for (const [name, bench] of Object.entries(BENCHES)) {
        if (!chosen.has(name)) continue
        tell.now(name)
        results.push(await bench(places, tools))
      }
    }
    if (chosen.has(INGEST)) results.push(await ingest(traced, tools))
    const silent = results.some(({ name }) => name.endsWith(' traced')) && (await collector.ask('received', {})) === 0
    return {
      results,
      versions: {},
      notes: [
        'traced: each trace recorded and sent by OTLP/HTTP to a process of this machine, which takes processor time too',
      ],
      faults: silent ? ['no span was received'] : [],
    }
  },
}

async function startPlaces(traced: Readonly<Record<string, string>>, { opened, tell }: Tools): Promise<Places> {
  tell.now('starting both APIs, traced and not')
  const service = await startService(
    { teardown: (end) => opened.defer(end) },
    {
      ownPostgres: true,
      apps: { 'admin-api': 3, 'internal-api': 2 },
      environment: { 'admin-api': PRODUCTION, 'internal-api': PRODUCTION },
    },
  )
  const caller = opened.use(await startRemote<Caller>(join(import.meta.dirname, '../process/caller.ts')))
  const restart = async (app: RunningApp, environment: Readonly<Record<string, string>>) => {
    await app.stop()
    await app.start(environment)
  }
  await restart(service.app('admin-api', 1), traced)
  await restart(service.app('internal-api', 1), traced)
  await restart(service.app('admin-api', 2), { ...traced, OTEL_TRACES_SAMPLER_ARG: '0.1' })
  const operators = await Promise.all(Array.from({ length: OPERATORS }, () => createdOperator(service.admin)))
  const headers = { authorization: `Bearer ${await service.token()}` }
  const { cert, key } = service.pki.clients['smpp-connector']
  const tls = { cert, key, ca: service.pki.ca }
  const admin = (index: number): Target => ({ url: service.app('admin-api', index).url, headers })
  const internal = (index: number): Target => ({ url: service.app('internal-api', index).url, tls })
  return {
    admin: { off: admin(0), on: admin(1) },
    tenth: admin(2),
    internal: { off: internal(0), on: internal(1) },
    ask: caller.ask,
    operatorIds: operators.map(({ operatorId }) => operatorId),
  }
}

type Rates = Readonly<{
  name: string
  targets: Pair<Target>
  path: (operatorId: string) => string
  ask: Asks
  operatorIds: readonly string[]
}>

function rates({ name, targets, path, ask, operatorIds }: Rates, tools: Tools): Promise<Result> {
  const load = { paths: operatorIds.map(path), connections: CONNECTIONS, milliseconds: tools.quick ? 1_000 : 3_000 }
  const rate = (target: Target) => () => ask('getRate', { target, ...load })
  return inTurns({ name, unit: 'req/s', ...AT_LEAST }, [rate(targets.on), rate(targets.off)], tools)
}

async function ingest(traced: Readonly<Record<string, string>>, tools: Tools): Promise<Result> {
  const [on, off] = [await startIngestor(tools, traced), await startIngestor(tools)]
  const stretches = await Promise.all([on, off].map(({ nats }) => ingestStretch(nats, tools)))
  tools.tell.now('health ingest, traced: warming up, then rounds')
  for (const stretch of stretches) await stretch()
  return inTurns({ name: 'health ingest, traced', unit: 'reports/s', ...AT_LEAST }, stretches, tools)
}

/** The first of `measures` is judged against the second. */
async function inTurns(goal: Goal, measures: readonly Measure[], tools: Tools): Promise<Result> {
  for (const [round, warmUp] of measures.entries()) await warmUp(round)
  const [ours = [], baseline = []] = await measureRounds(measures, tools)
  return judge(goal, { ours, baseline })
}
