import {
  type AgedHealth,
  type HealthChange,
  type HealthRepository,
  type Micros,
  type OperatorHealth,
  type OperatorId,
  unreported,
} from '@oms/domain'
import { and, eq, gte, type SQL, sql } from 'drizzle-orm'
import { anyOf } from './any-of.ts'
import { isMissingPartition } from './database-error.ts'
import type { Db, Tx } from './db.ts'
import { fromHealthRow, fromReportedRow, type ReportedRow, toHealthRow, toLogRow } from './health-rows.ts'
import { isLive } from './operator-rows.ts'
import { createSilenceReads } from './health-silence.ts'
import { createPartitions } from './partitions.ts'
import { outboxRow } from './recorded-change.ts'
import { retrySerialization } from './retry.ts'
import { operatorHealth, operators, outbox } from './schema.ts'
import { microsOfText } from './timestamps.ts'

export type HealthRepositoryOptions = Readonly<{
  /** Told when a transition had no partition, which was then made: the partition keeper fell behind. */
  onMissingPartition?: () => void
}>

const RETRY_FOR_MS = 2_000
const ageSeconds = sql<number | null>`extract(epoch from now() - ${operatorHealth.lastReceivedAt})::double precision`

export function createHealthRepository(db: Db, options: HealthRepositoryOptions = {}): HealthRepository {
  const { drizzle, run } = db
  const aged = { health: operatorHealth, operatorId: operators.operatorId, ageSeconds }
  const findOne = drizzle
    .select(aged)
    .from(operators)
    .leftJoin(operatorHealth, eq(operatorHealth.operatorId, operators.operatorId))
    .where(and(eq(operators.operatorId, sql.placeholder('operatorId')), isLive))
    .prepare('find_health')
  const fresh = drizzle
    .select(aged)
    .from(operatorHealth)
    .innerJoin(operators, eq(operatorHealth.operatorId, operators.operatorId))
    .where(
      and(
        gte(
          operatorHealth.lastReceivedAt,
          sql`now() - make_interval(secs => ${sql.placeholder('seconds')}::double precision)`,
        ),
        isLive,
      ),
    )
    .prepare('fresh_health')

  const change: HealthRepository['change'] = async (operatorIds, decide) => {
    const attempt = () => retrySerialization(RETRY_FOR_MS, () => changeOnce(db, operatorIds, decide))
    try {
      return await attempt()
    } catch (error) {
      if (!isMissingPartition(error, 'operator_health_log')) throw error
      options.onMissingPartition?.()
      await createPartitions(db).ensure()
      return attempt()
    }
  }

  return {
    change: (operatorIds, decide) => run('update', () => change(operatorIds, decide)),
    find: (operatorId) =>
      run('select', async () => {
        const [row] = await findOne.execute({ operatorId })
        return row && toAgedHealth(row)
      }),
    fresh: (seconds) => run('select', async () => (await fresh.execute({ seconds })).map(toAgedHealth)),
    ...createSilenceReads(db),
  }
}

const changeOnce = (
  { drizzle }: Db,
  operatorIds: readonly OperatorId[],
  decide: (known: ReadonlyMap<OperatorId, OperatorHealth>, now?: Micros) => HealthChange,
): Promise<HealthChange> =>
  drizzle.transaction(async (tx) => {
    const isMeant = and(anyOf(operators.operatorId, operatorIds), isLive)
    let rows = await lockStates(tx, isMeant)
    if (rows.length < operatorIds.length) {
      await addStates(tx, isMeant)
      rows = await lockStates(tx, isMeant)
    }
    const known = new Map(rows.map((row) => [row.operator_id, fromReportedRow(row)]))
    const now = rows.at(-1)?.now
    const decided = decide(known, now === undefined ? undefined : microsOfText(now))
    await Promise.all([
      decided.states.length > 0 && tx.execute(updateStates(decided.states)),
      decided.transitions.length > 0 && tx.execute(insertLog(decided.transitions)),
      decided.transitions.length > 0 && tx.execute(insertEvents(decided.transitions)),
    ])
    return decided
  })

type LockedRow = ReportedRow & Readonly<{ now: string }>

// Both go by operator_id, against deadlocks. Rows as the driver gives them, for a backlog brings them by the ten thousand.
const lockStates = (tx: Tx, isMeant: SQL | undefined): Promise<readonly LockedRow[]> =>
  tx.execute<LockedRow>(sql`
    select operator_id, state, since, above_degraded_since, above_unhealthy_since, recovered_since, last_received_at,
      last_stream_seq, last_seen_at, error_rate, bind_state, bind_error, transitions, clock_timestamp() as now
    from ${operatorHealth}
    where operator_id in (select operator_id from ${operators} where ${isMeant})
    order by operator_id
    for no key update`)

/** The rows of live operators come to be on their first report. */
const addStates = (tx: Tx, isMeant: SQL | undefined): Promise<unknown> =>
  tx.execute(sql`
    insert into ${operatorHealth} (operator_id)
    select operator_id from ${operators}
    where ${isMeant}
      and not exists (select from ${operatorHealth} h where h.operator_id = ${operators.operatorId})
    order by operator_id
    on conflict do nothing`)

// Moments are whole microseconds, exact in PostgreSQL's arithmetic too, and cheaper than texts on both sides.
const at = (micros: string) => sql.raw(`'epoch'::timestamptz + next.${micros} * interval '1 microsecond'`)

const updateStates = (states: readonly OperatorHealth[]) => sql`
  update ${operatorHealth} as known set
    state = next.state, since = ${at('since')}, above_degraded_since = ${at('above_degraded_since')},
    above_unhealthy_since = ${at('above_unhealthy_since')}, recovered_since = ${at('recovered_since')},
    last_received_at = ${at('last_received_at')}, last_stream_seq = next.last_stream_seq,
    last_seen_at = ${at('last_seen_at')}, error_rate = next.error_rate, bind_state = next.bind_state,
    bind_error = next.bind_error, transitions = next.transitions
  from json_to_recordset(${JSON.stringify(states.map(toHealthRow))}::json) as next (
    operator_id text, state text, since bigint, above_degraded_since bigint, above_unhealthy_since bigint,
    recovered_since bigint, last_received_at bigint, last_stream_seq bigint, last_seen_at bigint,
    error_rate double precision, bind_state text, bind_error text, transitions bigint)
  where known.operator_id = next.operator_id and ${anyOf(
    sql`known.operator_id`,
    states.map(({ operatorId }) => operatorId),
  )}`

const insertLog = (transitions: HealthChange['transitions']) => sql`
  insert into ops.operator_health_log
    (operator_id, transition, previous_state, new_state, error_rate, bind_state, bind_error, received_at)
  select operator_id, transition, previous_state, new_state, error_rate, bind_state, bind_error, received_at
  from jsonb_to_recordset(${JSON.stringify(transitions.map(({ transition }) => toLogRow(transition)))}::jsonb) as logged (
    operator_id text, transition bigint, previous_state text, new_state text, error_rate double precision,
    bind_state text, bind_error text, received_at timestamptz)`

// One parameter, for a backlog has more transitions than a statement takes parameters; json keeps a payload's text.
const insertEvents = (transitions: HealthChange['transitions']) => sql`
  insert into ${outbox} (event_id, operator_id, subject, payload, traceparent)
  select "eventId", "operatorId", subject, payload, traceparent
  from json_to_recordset(${JSON.stringify(transitions.map(({ event }) => outboxRow(event)))}::json) as told (
    "eventId" uuid, "operatorId" text, subject text, payload json, traceparent text)`

type AgedRow = Readonly<{
  health: typeof operatorHealth.$inferSelect | null
  operatorId: string
  ageSeconds: number | null
}>

const toAgedHealth = ({ health, operatorId, ageSeconds }: AgedRow): AgedHealth => ({
  health: health === null ? unreported(operatorId as OperatorId) : fromHealthRow(health),
  ageSeconds: ageSeconds === null ? null : Math.max(0, ageSeconds),
})
