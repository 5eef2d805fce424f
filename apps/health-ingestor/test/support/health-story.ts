import type { CachedHealth, HealthReport, HealthState, Micros, OperatorId } from '@oms/domain'
import {
  anOperator,
  expectStatus,
  type Report,
  type Service,
  type StoredReport,
  unsettledReports,
  until,
} from '@oms/testkit'

/** One transition, as the log and the events tell it. */
export type Step = Readonly<{ transition: number; previousState: HealthState; newState: HealthState }>

export type HealthRecord = Readonly<{ state: HealthState; lastStreamSequence: number; transitions: number }>

/** Long enough for a busy machine; a condition that holds is seen at once. */
const PATIENCE_MS = 30_000

/** Words for what the specs of health tell of a running service. */
export function healthStory({ admin, cache, events, report, sql }: Service) {
  const key = async (operatorId: string): Promise<CachedHealth | undefined> => {
    const text = await cache.get(`ops:health:${operatorId}`)
    return text === null ? undefined : (JSON.parse(text) as CachedHealth)
  }
  const keySince = (operatorId: string, sequence: number) =>
    until(
      `the key of ${operatorId} from report ${sequence} on`,
      async () => {
        const held = await key(operatorId)
        return held !== undefined && held.streamSequence >= sequence ? held : undefined
      },
      PATIENCE_MS,
    )
  const newOperator = async (fields: Readonly<Record<string, unknown>> = {}): Promise<string> =>
    String(expectStatus(await admin('POST', '/operators', anOperator(fields)), 201).body.operatorId)

  return {
    newOperator,
    /** A few at a time: the service limits how many transactions may wait for Vault. */
    async newOperators(count: number): Promise<readonly string[]> {
      const made: string[] = []
      while (made.length < count) {
        made.push(...(await Promise.all(Array.from({ length: Math.min(4, count - made.length) }, () => newOperator()))))
      }
      return made
    },
    key,
    /** The key once it holds that report or a newer one. */
    keySince,
    /** Sends a report; resolves with the key that it brought. */
    tell: async (said: Report) => keySince(said.operatorId, await report(said)),
    /** Resolves when the service owes no acknowledgement. */
    settled: (withinMs = PATIENCE_MS) =>
      until(
        'every report settled',
        async () => ((await unsettledReports(events.jetstream)) === 0 ? true : undefined),
        withinMs,
      ),
    /** The state of record of every operator that has reported. */
    async records(): Promise<ReadonlyMap<string, HealthRecord>> {
      const rows = await sql<(HealthRecord & { operatorId: string })[]>`
        SELECT operator_id AS "operatorId", state, last_stream_seq::int AS "lastStreamSequence",
               transitions::int AS transitions
        FROM ops.operator_health`
      return new Map(rows.map((row) => [row.operatorId, row]))
    },
    /** The log of transitions by operator, in order. */
    async logs(): Promise<ReadonlyMap<string, readonly Step[]>> {
      const rows = await sql<(Step & { operatorId: string })[]>`
        SELECT operator_id AS "operatorId", transition::int AS transition, previous_state AS "previousState",
               new_state AS "newState"
        FROM ops.operator_health_log ORDER BY operator_id, received_at, transition`
      return byOperator(rows, ({ transition, previousState, newState }) => ({ transition, previousState, newState }))
    },
    /** The events in the stream by operator, in its order, once nothing waits in the outbox. */
    async told(): Promise<ReadonlyMap<string, readonly Step[]>> {
      await until(
        'an empty outbox',
        async () => ((await sql`SELECT FROM ops.outbox WHERE published_at IS NULL`).length === 0 ? true : undefined),
        PATIENCE_MS,
      )
      const payloads = (await events.stored('OPERATOR_HEALTH')).map(({ payload }) => payload)
      return byOperator(payloads as unknown as (Step & { operatorId: string })[], (payload) => ({
        transition: payload.transition,
        previousState: payload.previousState,
        newState: payload.newState,
      }))
    },
  }
}

function byOperator<T extends Readonly<{ operatorId: string }>>(
  rows: readonly T[],
  toStep: (row: T) => Step,
): ReadonlyMap<string, readonly Step[]> {
  return new Map([...Map.groupBy(rows, ({ operatorId }) => operatorId)].map(([id, own]) => [id, own.map(toStep)]))
}

/** Where a chain is broken: empty when it counts from 1 and each step begins where the one before ended. */
export const breaks = (steps: readonly Step[]): readonly Step[] =>
  steps.filter(({ transition, previousState, newState }, index) => {
    const before = steps[index - 1]?.newState ?? 'UNKNOWN'
    return transition !== index + 1 || previousState !== before || newState === previousState
  })

/** The reports of each operator, as the reference reads them. */
export function histories(reports: readonly StoredReport[]): ReadonlyMap<string, readonly HealthReport[]> {
  const asRead = ({ operatorId, at, receivedAt, sequence, bindState, errorRate }: StoredReport): HealthReport => ({
    operatorId: operatorId as OperatorId,
    at: (Date.parse(at) * 1_000) as Micros,
    receivedAt: receivedAt as Micros,
    streamSequence: sequence,
    bindState,
    errorRate,
    bindError: null,
    traceparent: null,
  })
  return Map.groupBy(reports.map(asRead), ({ operatorId }) => operatorId)
}

/** The value below which `share` of the sorted samples lie, with its unit, for a comment. */
export function percentile(samples: readonly number[], share: number): number {
  const sorted = samples.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
}
