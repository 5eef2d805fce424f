import type { HealthState } from '@oms/domain'
import { type Reference, referenceReducer } from '@oms/domain/testing'
import { type Service, storedReports } from '@oms/testkit'
import { breaks, healthStory, histories, type Step } from './health-story.ts'

/** Seconds. */
export type Durations = Readonly<{ hold: number; gap: number; tolerance: number }>

export type Verdict = Readonly<{
  /** What contradicts the reference, a line each. */
  faults: readonly string[]
  /** Transitions of the reference, and how many of them the log has. */
  steps: number
  logged: number
  accepted: number
  replayed: number
}>

/** What is recorded and told, held against every report that the inbound stream has. */
export function wholeStream(service: Service) {
  const { events, sql } = service
  const { key, logs, records, told } = healthStory(service)

  const loggedAt = async (): Promise<ReadonlyMap<string, readonly number[]>> => {
    const rows = await sql<{ operatorId: string; at: number }[]>`
      SELECT operator_id AS "operatorId", (extract(epoch FROM received_at) * 1000000)::double precision AS at
      FROM ops.operator_health_log ORDER BY operator_id, received_at, transition`
    return new Map([...Map.groupBy(rows, (row) => row.operatorId)].map(([id, own]) => [id, own.map(({ at }) => at)]))
  }

  return {
    /**
     * One replica that nobody disturbed: state, log, events and keys are those of a reference reducer, but for flaps that
     * collapsed: each logged step is one of the reference's, at its report. `poison` are sequences that are no reports.
     */
    async equalsReference(
      operatorIds: readonly string[],
      durations: Durations,
      poison: ReadonlySet<number> = new Set(),
    ): Promise<Verdict> {
      const stored = (await storedReports(events.jetstream)).filter(({ sequence }) => !poison.has(sequence))
      const [history, record, log, at, event] = [
        histories(stored),
        await records(),
        await logs(),
        await loggedAt(),
        await told(),
      ]
      const compared = await Promise.all(
        operatorIds.map(async (operatorId) => {
          const reference = referenceReducer(history.get(operatorId) ?? [], durations)
          const steps = log.get(operatorId) ?? []
          const [last, known] = [reference.accepted.at(-1)?.streamSequence, record.get(operatorId)]
          const cached = await key(operatorId)
          const faults = [
            known?.state === reference.state || `${String(known?.state)} instead of ${reference.state}`,
            known?.lastStreamSequence === last || 'another report than the last one decided',
            known?.transitions === steps.length || 'transitions were not all logged',
            breaks(steps).length === 0 || 'the chain is broken',
            steps.at(-1)?.newState === reference.state || 'the log ends elsewhere',
            strangers(steps, at.get(operatorId) ?? [], reference).length === 0 || 'the log has steps of its own',
            same(event.get(operatorId), steps) || 'the events are not the log',
            (cached?.status === reference.state && cached.streamSequence === last) || 'the key says something else',
          ]
          return { operatorId, reference, logged: steps.length, faults }
        }),
      )
      const sum = (count: (one: (typeof compared)[number]) => number) =>
        compared.reduce((all, one) => all + count(one), 0)
      return {
        faults: compared.flatMap(({ operatorId, faults }) => named(operatorId, faults)),
        steps: sum(({ reference }) => reference.movedAt.length),
        logged: sum(({ logged }) => logged),
        accepted: sum(({ reference }) => reference.accepted.length),
        replayed: sum(({ reference }) => reference.replayed.length),
      }
    },

    /**
     * What contradicts this: replicas, kills and outages may cost flaps that were overtaken, but the newest report of each
     * operator counts, state and log agree, each logged step is that of a report in the stream, and the events are the
     * log. For reports with rates of 0, so that the newest alone decides.
     */
    async nothingLost(operatorIds: readonly string[]): Promise<readonly string[]> {
      const stored = histories(await storedReports(events.jetstream))
      const [record, log, at, event] = [await records(), await logs(), await loggedAt(), await told()]
      return operatorIds.flatMap((operatorId) => {
        const reports = stored.get(operatorId) ?? []
        const [known, last, steps = []] = [record.get(operatorId), reports.at(-1), log.get(operatorId)]
        const state = broughtBy(last?.bindState)
        const broughtAt = new Map(
          reports.map(({ receivedAt, bindState }) => [receivedAt as number, broughtBy(bindState)]),
        )
        return named(operatorId, [
          known?.lastStreamSequence === last?.streamSequence || 'the newest report was not recorded',
          known?.state === state || `${String(known?.state)} instead of ${state}`,
          steps.at(-1)?.newState === state || 'the log ends elsewhere',
          known?.transitions === steps.length || 'transitions were not all logged',
          breaks(steps).length === 0 || 'the chain is broken',
          steps.every(({ newState }, index) => isStateAt(broughtAt, at.get(operatorId)?.[index], newState)) ||
            'the log tells of what no report said',
          same(event.get(operatorId), steps) || 'the events are not the log',
        ])
      })
    },
  }
}

const broughtBy = (bindState: 'BOUND' | 'UNBOUND' | undefined): HealthState =>
  bindState === 'UNBOUND' ? 'UNHEALTHY' : 'HEALTHY'

const named = (operatorId: string, faults: readonly (string | boolean)[]): readonly string[] =>
  faults.flatMap((fault) => (fault === true ? [] : [`${operatorId}: ${String(fault)}`]))

const same = (one: unknown, other: unknown): boolean => JSON.stringify(one) === JSON.stringify(other)

/** Logged steps that the reference did not take at that moment. */
function strangers(steps: readonly Step[], at: readonly number[], { path, movedAt }: Reference): readonly Step[] {
  const taken = new Map(movedAt.map((moment, index) => [moment, path[index + 1]]))
  return steps.filter(({ newState }, index) => !isStateAt(taken, at[index], newState))
}

/**
 * The client that read the stream has its nanoseconds in a double: microseconds cut from it may be one off, and where
 * reports came that close to each other, any of them may be the one.
 */
const isStateAt = (states: ReadonlyMap<number, HealthState | undefined>, moment = 0, state: HealthState): boolean =>
  [moment, moment - 1, moment + 1].some((near) => states.get(near) === state)
