import { createHash } from 'node:crypto'
import { openSync } from 'node:fs'
import { pino } from 'pino'
import postgres from 'postgres'
import { Histogram } from 'prom-client'
import { rateOf, rateOfWork } from '../process/paced.ts'

/** How often in a second each step of a read could be done if it were all there is. */
export type ReadSteps = Readonly<{ select: number; token: number; logLine: number; measurement: number }>

export type ReadOrder = Readonly<{
  token: string
  operatorIds: readonly string[]
  milliseconds: number
}>

/** As many connections as the service has, and like there one statement on each at a time. */
const POOL = 10

/** What a read does beside HTTP, each by itself. */
export function openBareRead({ databaseUrl, logFile }: Readonly<{ databaseUrl: string; logFile: string }>) {
  const sql = postgres(databaseUrl, { max: POOL, fetch_types: false, onnotice: () => {} })
  // Lines go to it one by one, as to the standard output of a service.
  const log = pino(
    { base: { service: 'bench', app: 'bench' } },
    pino.destination({ dest: openSync(logFile, 'a'), sync: true }),
  )
  const known = new Map<string, Readonly<{ subject: string; expiresAtMs: number }>>()
  const duration = new Histogram({ name: 'bench_seconds', help: 'bench', labelNames: ['method', 'route', 'status'] })
  const keyOf = (token: string) => createHash('sha256').update(token).digest('base64')

  return async ({ token, operatorIds, milliseconds }: ReadOrder): Promise<ReadSteps> => {
    known.set(keyOf(token), { subject: 'bench', expiresAtMs: Date.now() + 3_600_000 })
    const select = await rateOf(
      async (turn) => {
        const rows = await sql`
          SELECT o.operator_id, o.provisioning, o.name, o.host, o.port, o.system_id, o.system_type, o.bind_type, o.max_tps,
            o.burst_multiplier, o.burst_window_ms, o.enforcement_mode, o.status, o.notes, o.mno_id, o.credentials_version,
            o.version, o.created_at, o.created_by, o.updated_at, o.updated_by, o.deleted_at, o.routing_rule_count,
            CASE WHEN h.last_received_at >= now() - interval '1 minute' THEN h.state ELSE 'UNKNOWN' END AS health_state
          FROM ops.operators o LEFT JOIN ops.operator_health h ON h.operator_id = o.operator_id
          WHERE o.operator_id = ${operatorIds[turn % operatorIds.length] ?? ''} AND o.provisioning = 'READY'
            AND o.deleted_at IS NULL`
        if (rows.length !== 1) throw new Error('an operator is not there')
      },
      { lanes: POOL, milliseconds },
    )
    return {
      select,
      token: rateOfWork(() => {
        const caller = known.get(keyOf(token))
        if (caller === undefined || caller.expiresAtMs <= Date.now()) throw new Error('the token is known')
      }, milliseconds / 4),
      logLine: rateOfWork((turn) => {
        const line = { requestId: 'bench', method: 'GET', route: '/v1/admin/operators/:operatorId', status: 200 }
        log.info({ ...line, durationMs: turn % 10, adminId: 'bench' }, 'request')
      }, milliseconds / 2),
      measurement: rateOfWork((turn) => {
        const labels = { method: 'GET', route: '/v1/admin/operators/:operatorId', status: '2xx' }
        duration.observe(labels, (turn % 100) / 10_000)
      }, milliseconds / 4),
    }
  }
}
