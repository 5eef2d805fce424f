import type { Secret } from '@oms/domain'
import { Cluster, type Redis } from 'ioredis'
import { becomesUsable, isRedirection } from './cluster.ts'
import { createClient, leaveReplacedMasters, type RedisClient } from './client.ts'
import { RedisFailure, redisFailure, redisUnavailable } from './redis-failure.ts'
import { parseRedisUrl } from './redis-url.ts'

export type RedisConfig = Readonly<{
  /** `redis://`, `rediss://`, `redis+sentinel://h1,h2/name` or `redis+cluster://h1,h2`. */
  url: string
  /** Wins over a password inside the URL. */
  password?: Secret
}>

export type RedisEvents = Readonly<{
  /** Every lost or refused connection, again at each attempt. */
  onError?: (failure: RedisFailure) => void
}>

/** One key and the rest of its arguments. */
export type ScriptCall = readonly [key: string, ...args: (string | number)[]]

/**
 * Runs once for each call, all sent in one turn of the event loop, which is one pipeline per node. Resolves with what
 * became of each; rejects when there is no connection, or none answered in time.
 */
export type RedisScript = (calls: readonly ScriptCall[]) => Promise<readonly PromiseSettledResult<unknown>[]>

export type RedisConnection = AsyncDisposable &
  Readonly<{
    /** Rejects with DEPENDENCY_UNAVAILABLE, within 1.5 s at the latest. */
    ping(signal?: AbortSignal): Promise<void>
    /** Calls back whenever Redis, or a node of the cluster, becomes usable: at first and each time it is back. Undone by the answer. */
    onReady(callback: () => void): () => void
    get(key: string): Promise<string | null>
    setIfAbsent(key: string, value: string, ttlSeconds: number): Promise<void>
    remove(key: string): Promise<void>
    /** The server's clock, in microseconds since 1970. */
    timeMicros(): Promise<number>
    /** A Lua script of one key, sent whole once per connection and then by its hash. */
    script(name: string, lua: string): RedisScript
  }>

/** Covers what the client's own timeouts leave open, such as a cluster whose slots are not known yet. */
const DEADLINE_MS = 1_500
const GOODBYE_MS = 250

/**
 * Connects in the background and for ever; never throws for a Redis that is away. Every call rejects with
 * DEPENDENCY_UNAVAILABLE at once while there is no connection. Throws a TypeError on a malformed URL.
 */
export function openRedis(config: RedisConfig, { onError }: RedisEvents = {}): RedisConnection {
  const target = parseRedisUrl(config.url)
  const client = createClient(target, config.password)
  const watch = leaveReplacedMasters(client, target)
  const listeners = new Set<() => void>()
  const ready = () => {
    for (const listener of listeners) listener()
  }
  client.on('error', (error: unknown) => onError?.(redisFailure(error)))
  client.on('ready', ready)
  if (client instanceof Cluster) {
    client.on('+node', (node: Redis) =>
      node.on('ready', () => {
        void becomesUsable(node).then((usable) => usable && ready())
      }),
    )
    client.on('node error', (error: unknown) => onError?.(redisFailure(error)))
  }

  return {
    async ping(signal) {
      await answered(client, () => client.ping(), signal)
    },
    onReady(callback) {
      listeners.add(callback)
      return () => listeners.delete(callback)
    },
    get: (key) => answered(client, () => client.get(key)),
    async setIfAbsent(key, value, ttlSeconds) {
      await answered(client, () => client.set(key, value, 'EX', ttlSeconds, 'NX'))
    },
    async remove(key) {
      await answered(client, () => client.del(key))
    },
    async timeMicros() {
      const [seconds, micros] = await answered(client, () => client.time())
      return Number(seconds) * 1_000_000 + Number(micros)
    },
    script(name, lua) {
      client.defineCommand(name, { numberOfKeys: 1, lua })
      const run = (client as unknown as Record<string, ((...call: ScriptCall) => Promise<unknown>) | undefined>)[name]
      if (run === undefined) throw new TypeError(`ioredis did not take the script ${name}`)
      const once =
        client instanceof Cluster
          ? (call: ScriptCall) =>
              run.apply(client, [...call]).catch((error: unknown) => {
                if (isRedirection(error)) return client.eval(lua, 1, ...call)
                throw error
              })
          : (call: ScriptCall) => run.apply(client, [...call])
      return async (calls) => {
        const outcomes = await answered(client, () => Promise.allSettled(calls.map(once)))
        return outcomes.map((outcome) =>
          outcome.status === 'fulfilled' ? outcome : { ...outcome, reason: redisUnavailable(outcome.reason) },
        )
      }
    },
    async [Symbol.asyncDispose]() {
      listeners.clear()
      watch?.close()
      if (client.status === 'ready') await Promise.race([client.quit().catch(() => {}), elapsed(GOODBYE_MS)])
      client.disconnect()
    },
  }
}

async function answered<T>(client: RedisClient, send: () => Promise<T>, signal?: AbortSignal): Promise<T> {
  if (client.status !== 'ready') throw redisUnavailable(new RedisFailure('NO_CONNECTION'))
  const late = Promise.withResolvers<never>()
  const giveUp = () => late.reject(new RedisFailure('NO_ANSWER'))
  const timer = setTimeout(giveUp, DEADLINE_MS)
  signal?.addEventListener('abort', giveUp, { once: true })
  if (signal?.aborted === true) giveUp()
  try {
    return await Promise.race([send(), late.promise])
  } catch (error) {
    throw redisUnavailable(error)
  } finally {
    clearTimeout(timer)
    signal?.removeEventListener('abort', giveUp)
  }
}

const elapsed = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms).unref())
