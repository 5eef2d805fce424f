import { readFile, writeFile } from 'node:fs/promises'
import type postgres from 'postgres'
import { judge } from '../result.ts'
import { measureRounds } from '../rounds.ts'
import { median } from '../statistics.ts'
import type { Tools } from '../suite.ts'
import type { Found } from './found.ts'
import type { Running } from './running-service.ts'

const GOALS = {
  time: { name: 'snapshot of 10,000 operators with 100,000 rules', unit: 'ms', bound: 'at most', goal: 1.5 },
  memory: { name: 'snapshot, peak memory of its process ÷ before', unit: 'MiB', bound: 'at most', goal: 2 },
} as const
const OPERATORS = 10_000
const RULES_EACH = 10
const PATH = '/v1/internal/operators'
const MIB = 1_024 * 1_024

/** The cold start of a peer, against reading the same rows and writing them as one text. */
export async function snapshotBench({ service, caller, bare, internal }: Running, tools: Tools): Promise<Found> {
  tools.tell.now(`loading ${OPERATORS * RULES_EACH} rules`)
  await loadOperators(service.sql)
  const { pid } = service.app('internal-api')
  const memory = { ours: [] as number[], before: [] as number[], bare: [] as number[] }
  let octets = { ours: 0, bare: 0 }
  const measures = [
    async () => {
      const before = await startOfPeak(pid)
      const { milliseconds, octets: length } = await caller.ask('download', { target: internal, path: PATH })
      memory.before.push(before)
      memory.ours.push(await peakSince(pid))
      octets = { ...octets, ours: length }
      return milliseconds
    },
    async () => {
      const before = await startOfPeak(bare.pid)
      const { milliseconds, octets: length } = await bare.ask('snapshot', undefined)
      memory.bare.push((await peakSince(bare.pid)) - before)
      octets = { ...octets, bare: length }
      return milliseconds
    },
  ]
  const [ours = [], baseline = []] = await measureRounds(measures, tools)
  const beyond = median(memory.ours.map((peak, round) => peak - (memory.before[round] ?? 0)))
  return {
    results: [
      judge(GOALS.time, { ours, baseline }),
      judge(GOALS.memory, { ours: memory.ours, baseline: memory.before }),
    ],
    notes: [
      `snapshot: ${(octets.ours / MIB).toFixed(1)} MiB over mutual TLS (bare ${(octets.bare / MIB).toFixed(1)} MiB); beyond what the process had before, ours peaked at ${beyond.toFixed(0)} MiB, the bare one at ${median(memory.bare).toFixed(0)} MiB`,
    ],
  }
}

/** proc(5): writing 5 to clear_refs makes the peak begin anew. The memory that the process has now, in MiB. */
async function startOfPeak(pid: number): Promise<number> {
  await writeFile(`/proc/${pid}/clear_refs`, '5')
  return residentOf(pid, 'VmRSS')
}

const peakSince = (pid: number): Promise<number> => residentOf(pid, 'VmHWM')

async function residentOf(pid: number, field: string): Promise<number> {
  const [, kib] = new RegExp(`^${field}:\\s+(\\d+) kB$`, 'm').exec(await readFile(`/proc/${pid}/status`, 'utf8')) ?? []
  return Number(kib) / 1_024
}

async function loadOperators(sql: postgres.Sql): Promise<void> {
  await sql`
    INSERT INTO ops.operators (operator_id, provisioning, name, host, port, system_id, bind_type, max_tps, status,
      credentials_version, version, created_at, created_by, updated_at, updated_by)
    SELECT gen_random_uuid(), 'READY', 'Snapshot ' || o, 'smsc-' || o || '.example', 2775, 'bench', 'TRANSCEIVER', 100, 'ACTIVE',
      1, 1, now(), 'bench', now(), 'bench'
    FROM generate_series(1, ${OPERATORS}::integer) o`
  await sql`
    INSERT INTO ops.operator_health (operator_id, state, since, last_received_at)
    SELECT operator_id, 'HEALTHY', now(), now() FROM ops.operators WHERE name LIKE 'Snapshot %'`
  await sql`
    INSERT INTO ops.routing_rules (rule_id, operator_id, prefix, cost_per_segment, currency,
      created_at, created_by, updated_at, updated_by)
    SELECT gen_random_uuid(), operator_id, '+' || 10000 + 7 * r, 0.0042, 'USD', now(), 'bench', now(), 'bench'
    FROM ops.operators, generate_series(1, ${RULES_EACH}::integer) r WHERE name LIKE 'Snapshot %'`
  await sql`VACUUM (ANALYZE)`
}
