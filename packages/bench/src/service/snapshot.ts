import type postgres from 'postgres'
import { judge } from '../result.ts'
import { measureRounds } from '../rounds.ts'
import { median } from '../statistics.ts'
import type { Tools } from '../suite.ts'
import type { Found } from './found.ts'
import type { Running } from './running-service.ts'
import { growthOf } from './snapshot-memory.ts'

const GOALS = {
  time: { name: 'snapshot of 10,000 operators with 100,000 rules', unit: 'ms', bound: 'at most', goal: 1.5 },
  memory: { name: 'snapshot, memory it adds ÷ that of ten of 1,000 operators', unit: 'MiB', bound: 'at most', goal: 2 },
} as const
const OPERATORS = { few: 1_000, all: 10_000 }
const RULES_EACH = 10
const PATH = '/v1/internal/operators'
const MIB = 1_024 * 1_024
/** New processes, for each size of the answer. */
const STARTS = 3

/** The cold start of a peer, against reading the same rows and writing them as one text. */
export async function snapshotBench(running: Running, tools: Tools): Promise<Found> {
  const { service, bare } = running
  await loadOperators(service.sql, { first: 1, last: OPERATORS.few })
  const few = await firstSnapshots(running, OPERATORS.all / OPERATORS.few, tools)
  tools.tell.now(`loading ${OPERATORS.all * RULES_EACH} rules`)
  await loadOperators(service.sql, { first: OPERATORS.few + 1, last: OPERATORS.all })
  const all = await firstSnapshots(running, 1, tools)
  const whole = await growthOf(bare.pid, () => bare.ask('snapshot', undefined))
  const measures = [
    async () => (await download(running)).milliseconds,
    async () => (await bare.ask('snapshot', undefined)).milliseconds,
  ]
  const [ours = [], baseline = []] = await measureRounds(measures, tools)
  return {
    results: [judge(GOALS.time, { ours, baseline }), judge(GOALS.memory, { ours: all.growths, baseline: few.growths })],
    notes: [
      `snapshot: to a new process of ${all.before.toFixed(0)} MiB one of 10,000 operators (${size(all)}) adds ${added(all)}, ten of 1,000 (${size(few)} each) ${added(few)}; put together in one piece it takes ${whole.growth.toFixed(0)} MiB`,
    ],
  }
}

const size = ({ octets }: FirstSnapshots): string => `${(octets / MIB).toFixed(1)} MiB`
const added = ({ growths }: FirstSnapshots): string => `${median(growths).toFixed(0)} MiB`

type FirstSnapshots = Readonly<{ growths: readonly number[]; before: number; octets: number }>

/**
 * What a process took for one answer hides what the next one takes, so each is a process's first. V8 takes some 50 MiB for
 * whatever passes through, long before it collects: as many octets in small answers as in a large one take as much of it.
 */
async function firstSnapshots(
  running: Running,
  answers: number,
  { tell }: Pick<Tools, 'tell'>,
): Promise<FirstSnapshots> {
  const app = running.service.app('internal-api')
  const growths: number[] = []
  const befores: number[] = []
  let octets = 0
  for (let start = 1; start <= STARTS; start++) {
    tell.still(`first snapshot ${start} of ${STARTS}`)
    await app.stop()
    await app.start()
    const { growth, before } = await growthOf(app.pid, async () => {
      for (let answer = 0; answer < answers; answer++) octets = (await download(running)).octets
    })
    growths.push(growth)
    befores.push(before)
  }
  return { growths, before: median(befores), octets }
}

const download = ({ caller, internal }: Running) => caller.ask('download', { target: internal, path: PATH })

async function loadOperators(sql: postgres.Sql, { first, last }: Readonly<{ first: number; last: number }>) {
  await sql`
    INSERT INTO ops.operators (operator_id, provisioning, name, host, port, system_id, bind_type, max_tps, status,
      credentials_version, version, created_at, created_by, updated_at, updated_by)
    SELECT gen_random_uuid(), 'READY', 'Snapshot ' || o, 'smsc-' || o || '.example', 2775, 'bench', 'TRANSCEIVER', 100, 'ACTIVE',
      1, 1, now(), 'bench', now(), 'bench'
    FROM generate_series(${first}::integer, ${last}::integer) o`
  await sql`
    INSERT INTO ops.operator_health (operator_id, state, since, last_received_at)
    SELECT operator_id, 'HEALTHY', now(), now() FROM ops.operators o WHERE name LIKE 'Snapshot %'
      AND NOT EXISTS (SELECT FROM ops.operator_health h WHERE h.operator_id = o.operator_id)`
  await sql`
    INSERT INTO ops.routing_rules (rule_id, operator_id, prefix, cost_per_segment, currency,
      created_at, created_by, updated_at, updated_by)
    SELECT gen_random_uuid(), operator_id, '+' || 10000 + 7 * r, 0.0042, 'USD', now(), 'bench', now(), 'bench'
    FROM ops.operators, generate_series(1, ${RULES_EACH}::integer) r
    WHERE name LIKE 'Snapshot %' AND routing_rule_count = 0`
  await sql`VACUUM (ANALYZE)`
}
