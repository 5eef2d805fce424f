import {
  BIND_STATES,
  type CachedHealth,
  HEALTH_STATES,
  type HealthCache,
  type HealthCacheEntry,
  type Micros,
  micros,
  type OperatorId,
} from '@oms/domain'
import { Type } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'
import type { RedisConnection } from './open-redis.ts'
import { PUT_IF_NEWER } from './put-if-newer.ts'

export type HealthCacheEvents = Readonly<{
  /** Once for each key written, or left because it holds a newer value, or failed. */
  onSet?: (result: 'ok' | 'error') => void
  /** A key held something that is no health value; it is treated as absent. */
  onGarbage?: (operatorId: OperatorId) => void
}>

const literals = <const T extends readonly string[]>(values: T) =>
  Type.Union(values.map((value) => Type.Literal<T[number]>(value)))

/** Further members are allowed: a newer version of the service may write them. */
const Cached = Type.Object({
  status: literals(HEALTH_STATES),
  errorRate: Type.Union([Type.Number(), Type.Null()]),
  bindState: Type.Union([literals(BIND_STATES), Type.Null()]),
  since: Type.String(),
  at: Type.String(),
  receivedAt: Type.Unsafe<Micros>(Type.Integer()),
  streamSequence: Type.Integer(),
})

/**
 * So many keys are written well within the time that one command may take; a backlog brings more. The next ones are on
 * their way while these are written, so that no node waits for us and a batch takes as long as one round trip would.
 */
const PIPELINE = 1_000

const keyOf = (operatorId: OperatorId): string => `ops:health:${operatorId}`

export function createHealthCache(redis: RedisConnection, { onSet, onGarbage }: HealthCacheEvents = {}): HealthCache {
  const putIfNewer = redis.script('opsPutIfNewer', PUT_IF_NEWER)

  const counted = async (write: Promise<unknown>): Promise<void> => {
    try {
      await write
      onSet?.('ok')
    } catch (error) {
      onSet?.('error')
      throw error
    }
  }

  /** What became of it, for a failure must wait for the ones before it. */
  async function putAtOnce(entries: readonly HealthCacheEntry[]): Promise<PromiseSettledResult<unknown> | undefined> {
    const calls = entries.map(
      ({ operatorId, value, ttlSeconds }) =>
        [keyOf(operatorId), JSON.stringify(value), value.receivedAt, value.streamSequence, ttlSeconds] as const,
    )
    const outcomes = await putIfNewer(calls).catch((reason: unknown) =>
      calls.map(() => ({ status: 'rejected', reason }) as const),
    )
    for (const { status } of outcomes) onSet?.(status === 'fulfilled' ? 'ok' : 'error')
    return outcomes.find(({ status }) => status === 'rejected')
  }

  return {
    initialise: ({ operatorId, value, ttlSeconds }) =>
      counted(redis.setIfAbsent(keyOf(operatorId), JSON.stringify(value), ttlSeconds)),

    async put(entries) {
      let before: ReturnType<typeof putAtOnce> = Promise.resolve(undefined)
      for (let start = 0; start < entries.length; start += PIPELINE) {
        const next = putAtOnce(entries.slice(start, start + PIPELINE))
        throwIfFailed(await before)
        before = next
      }
      throwIfFailed(await before)
    },

    async get(operatorId) {
      const text = await redis.get(keyOf(operatorId))
      if (text === null) return undefined
      const value = parsed(text)
      if (value === undefined) onGarbage?.(operatorId)
      return value
    },

    now: async () => micros(await redis.timeMicros()),

    remove: (operatorId) => redis.remove(keyOf(operatorId)),
  }
}

function throwIfFailed(outcome: PromiseSettledResult<unknown> | undefined): void {
  if (outcome?.status === 'rejected') throw outcome.reason
}

function parsed(text: string): CachedHealth | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return Value.Check(Cached, value) ? value : undefined
  } catch {
    return undefined
  }
}
