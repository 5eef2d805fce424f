import { isRecord } from './is-record.ts'
import type { HealthState } from './operator.ts'

/** What was said of one operator's health. */
export type HealthWord = Readonly<{
  state: HealthState
  /** When the stream received the report behind it, in ms since 1970 by the server's clock; 0 before the first report. */
  at: number
  /** Of a key: the place of its report in the stream, which orders those of one millisecond. */
  sequence?: number
  /** Of an event: its place among the operator's transitions, which orders those of one millisecond. */
  transition?: number
}>

/** The answer of `GET /operators/{id}/health`. */
export type HealthAnswer = Readonly<{
  healthState: HealthState
  healthStale: boolean
  lastReceivedAt: string | null
  source: 'redis' | 'postgres'
}>

/**
 * Whether `a` was said of a later report than `b`. A key and an event of one millisecond are nearly always of one report; where
 * they are not, the next event tells.
 */
export function isNewer(a: HealthWord, b: HealthWord): boolean {
  if (a.at !== b.at) return a.at > b.at
  if (a.sequence !== undefined && b.sequence !== undefined) return a.sequence > b.sequence
  if (a.transition !== undefined) return b.transition === undefined || a.transition > b.transition
  return false
}

/** The value of `ops:health:{operatorId}`; undefined when it is none. `receivedAt` is in microseconds. */
export function wordOfKey(text: string): HealthWord | undefined {
  const value = parsed(text)
  if (!isRecord(value)) return undefined
  const { status, receivedAt, streamSequence } = value
  if (!isHealthState(status) || !isCount(receivedAt) || !isCount(streamSequence)) return undefined
  return { state: status, at: Math.trunc(receivedAt / 1_000), sequence: streamSequence }
}

/** `operator.health.v1`; undefined when it breaks its contract. */
export function wordOfEvent(
  payload: Readonly<Record<string, unknown>>,
): Readonly<{ operatorId: string; word: HealthWord }> | undefined {
  const { operatorId, newState, at, transition } = payload
  if (typeof operatorId !== 'string' || !isHealthState(newState) || !isTime(at) || !isCount(transition))
    return undefined
  return { operatorId, word: { state: newState, at: Date.parse(at), transition } }
}

/** Throws a TypeError on what is no answer to the question. */
export function readHealthAnswer(value: unknown): HealthAnswer {
  if (isRecord(value)) {
    const { healthState, healthStale, lastReceivedAt, source } = value
    if (
      isHealthState(healthState) &&
      typeof healthStale === 'boolean' &&
      (lastReceivedAt === null || isTime(lastReceivedAt)) &&
      (source === 'redis' || source === 'postgres')
    )
      return { healthState, healthStale, lastReceivedAt, source }
  }
  throw new TypeError('the internal API answered something that is no health')
}

export const wordOfAnswer = ({ healthState, lastReceivedAt }: HealthAnswer): HealthWord => ({
  state: healthState,
  at: lastReceivedAt === null ? 0 : Date.parse(lastReceivedAt),
})

const STATES: ReadonlySet<unknown> = new Set<HealthState>(['HEALTHY', 'DEGRADED', 'UNHEALTHY', 'UNKNOWN'])

const isHealthState = (value: unknown): value is HealthState => STATES.has(value)

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) >= 0

const isTime = (value: unknown): value is string => typeof value === 'string' && !Number.isNaN(Date.parse(value))

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
