import type { Cluster, Redis } from 'ioredis'
import type { NatsConnection } from 'nats'
import { OperatorClientError } from './errors.ts'
import { type Follow, followStream } from './follow-stream.ts'
import { createHealthFallback } from './health-fallback.ts'
import { createHealthKeys } from './health-keys.ts'
import { startHealthRefresh } from './health-refresh.ts'
import { createHealthView, type HealthChange } from './health-view.ts'
import { wordOfEvent } from './health-word.ts'
import type { InternalApi } from './internal-api.ts'
import { createListeners } from './listeners.ts'
import type { Problem } from './observer.ts'
import type { DirectoryOperator, HealthState } from './operator.ts'
import type { Timing } from './timing.ts'

export type { HealthChange }

/**
 * `healthStale`: reports have stopped, or nobody could be asked (`source` unknown); then the state is UNKNOWN. `lastReceivedAt` is
 * ISO 8601, null before the first report.
 */
export type OperatorHealth = Readonly<{
  operatorId: string
  healthState: HealthState
  healthStale: boolean
  lastReceivedAt: string | null
  source: 'redis' | 'postgres' | 'unknown'
}>

export type Health = Readonly<{
  /** Redis, else the internal API, else UNKNOWN. Rejects with NOT_FOUND alone. */
  get(operatorId: string): Promise<OperatorHealth>
  /** At once, from memory: what routes go by. */
  stateOf(operatorId: string): HealthState
  /** What a snapshot said: only where nothing newer is known. */
  learn(operators: Iterable<DirectoryOperator>): void
  /** The operator is no more. */
  forget(operatorId: string): void
  /** Told of each change of `stateOf` once; answers how to stop. */
  onChange(listener: (change: HealthChange) => void): () => void
  close(): Promise<void>
}>

export type HealthOptions = Readonly<{
  api: Pick<InternalApi, 'get'>
  /** Stays open; without a `keyPrefix`. */
  redis: Redis | Cluster
  nats: NatsConnection | Promise<NatsConnection>
  /** The operators of the directory. */
  known: () => Iterable<string>
  timing: Timing
  onProblem: (problem: Problem) => void
  /** Monotonic, in ms. */
  now?: () => number
}>

/**
 * The health of all operators, in memory.
 *
 * Three tell of it: an event (`operator.health.v1`, transitions only), the key in Redis (every report; read every
 * `healthPoll`), and a snapshot.
 * - The newest word wins, by when the stream received the report behind it (`at`, `receivedAt`, to the millisecond). Within a
 *   millisecond keys are ordered by `streamSequence`, events by `transition`, and an event wins over a key. A snapshot has no such
 *   time: it counts only where no living word of another source is.
 * - A word lives for `healthSilence`, then the operator is UNKNOWN. This host's clock is never held against the server's: life
 *   counts, by a monotonic clock, from when a report was first heard of; for a key that was not read a moment before, from what
 *   was left of its life in Redis. The same report heard again does not lengthen it.
 * - Redis answers that there is no key: the operator went silent, and is UNKNOWN at once. But a key that ends long before its time
 *   (more than two `healthPoll`) was lost by Redis, by a restart, a failover or an eviction: the last word stays until its own
 *   life is over. That is seen per key, so that neither the kind of Redis nor what its user may ask matters. A word that no key has
 *   borne out (of an event, a snapshot, the internal API) has no known end: it is over when its key is missed by two reads, for
 *   the key may be about to be written, or written again into a Redis that was emptied.
 * - Redis does not answer: transitions still come by event, and only silence (and the return from it) would go unnoticed.
 *   Operators of which nothing was heard for a third of `healthSilence` are asked for one by one, oldest first, eight at a time and
 *   at most 300 a second: 10,000 within the 40 s that their words still live. A snapshot with 10,000 operators and their rules is
 *   some 40 MB, to be read twice a minute for one field each; a few questions a second would let most words run out, and who was
 *   UNHEALTHY would be offered messages again. Small directories ask seldom: of 50 operators, 2.5 a second.
 * - The internal API away as well: UNKNOWN at the end of each word's life.
 */
export function createHealth(options: HealthOptions): Health {
  const { api, redis, nats, known, timing, onProblem, now = () => performance.now() } = options
  const changes = createListeners<HealthChange>('health', onProblem)
  const view = createHealthView(timing, now, changes.tell)
  const keys = createHealthKeys(redis, { timing, now, onProblem })
  const fallback = createHealthFallback({ api, timing, onProblem })
  const refresh = startHealthRefresh({ view, keys, fallback, known, timing, now })
  let closed = false
  let follow: Follow | undefined

  function onEvent(payload: Readonly<Record<string, unknown>>): void {
    if (closed) return
    const event = wordOfEvent(payload)
    if (event === undefined)
      return onProblem({ source: 'nats', message: 'an event of health breaks the contract; passed over' })
    view.tell(event.operatorId, event.word)
  }

  async function begin(): Promise<void> {
    const connection = await nats
    if (closed) return
    follow = followStream({
      ...{ nats: connection, stream: 'OPERATOR_HEALTH', subject: 'operator.health.v1' },
      ...{ onMessage: onEvent, onGap: refresh.again, timing, onProblem },
    })
    await follow.started
    // What was read before may be from before the first event that comes.
    if (!closed) refresh.again()
  }
  begin().catch((error: unknown) =>
    onProblem({ source: 'nats', message: 'events of health do not come; it is read from Redis', error }),
  )

  return {
    async get(operatorId) {
      const word = await keys.read(operatorId).catch(() => undefined)
      if (word !== undefined) {
        const lastReceivedAt = word.at === 0 ? null : new Date(word.at).toISOString()
        return { operatorId, healthState: word.state, healthStale: false, lastReceivedAt, source: 'redis' }
      }
      const answer = await fallback.ask(operatorId).catch(() => UNHEARD)
      if (answer === undefined) throw new OperatorClientError('NOT_FOUND', 'there is no such operator')
      return { operatorId, ...answer }
    },
    stateOf: view.stateOf,
    learn(operators) {
      for (const { operatorId, healthState, healthStale } of operators)
        view.advise(operatorId, healthStale ? 'UNKNOWN' : healthState)
    },
    forget(operatorId) {
      refresh.forget(operatorId)
      view.forget(operatorId)
    },
    onChange: changes.add,
    async close() {
      closed = true
      refresh.close()
      keys.close()
      await follow?.close()
    },
  }
}

const UNHEARD = { healthState: 'UNKNOWN', healthStale: true, lastReceivedAt: null, source: 'unknown' } as const
