import type { Cluster, Redis } from 'ioredis'
import { createCircuit } from './circuit.ts'
import type { KeyReading } from './health-view.ts'
import { type HealthWord, wordOfKey } from './health-word.ts'
import type { Problem } from './observer.ts'
import type { Timing } from './timing.ts'

export type HealthKeys = Readonly<{
  /** Undefined: there is no such key, or what it holds is no health. Rejects when Redis is away: within `redisTimeout`, or at once. */
  read(operatorId: string): Promise<HealthWord | undefined>
  /** Those that Redis answered for, chunk by chunk; the others are absent. */
  readAll(operatorIds: readonly string[], wantsLife: (operatorId: string) => boolean): AsyncIterable<KeyReadings>
  close(): void
}>

/** `since` is when they were asked for. */
export type KeyReadings = Readonly<{ since: number; readings: ReadonlyMap<string, KeyReading | undefined> }>

type Context = Readonly<{ timing: Timing; now: () => number; onProblem: (problem: Problem) => void }>

/** Some 150 KB of answers. */
const CHUNK = 500

const keyOf = (operatorId: string) => `ops:health:${operatorId}`

/**
 * Reads of a connection that is the host's. Nothing is sent that its client would queue, and no answer is waited for longer than
 * `redisTimeout`, however the client is set up.
 */
export function createHealthKeys(redis: Redis | Cluster, { timing, now, onProblem }: Context): HealthKeys {
  const circuit = createCircuit(timing, (closed, error) =>
    onProblem({
      source: 'redis',
      message: closed ? 'answers again' : 'does not answer; health comes from events and the internal API',
      ...(!closed && { error: new Error(`Redis: ${reasonOf(error)}`) }),
    }),
  )
  // A cluster's client throws an 'error' that nobody listens for.
  const ignore = () => undefined
  redis.on('error', ignore)

  async function answered<T>(send: () => Promise<T>): Promise<T> {
    if (redis.status === 'wait') redis.connect().catch(ignore)
    if (redis.status !== 'ready') throw new Error('no connection')
    return within(timing.redisTimeout, send())
  }

  /** Undefined: not answered. */
  async function texts(ids: readonly string[]): Promise<readonly (string | null | undefined)[]> {
    // A cluster takes neither an MGET nor a pipeline across its nodes. Single reads find theirs; a client with
    // `enableAutoPipelining` joins those of a node, and a node that is away takes no others along.
    if (!redis.isCluster) return answered(() => redis.mget(ids.map(keyOf)))
    const outcomes = await Promise.allSettled(ids.map((id) => answered(() => text(id))))
    const failed = outcomes.find((outcome) => outcome.status === 'rejected')
    if (failed !== undefined && outcomes.every(({ status }) => status === 'rejected')) throw failed.reason
    return outcomes.map((outcome) => (outcome.status === 'fulfilled' ? outcome.value : undefined))
  }

  async function text(operatorId: string): Promise<string | null> {
    try {
      return await redis.get(keyOf(operatorId))
    } catch (error) {
      if (replyCode(error) === 'WRONGTYPE') return null
      throw error
    }
  }

  async function chunk(ids: readonly string[], wantsLife: (operatorId: string) => boolean): Promise<KeyReadings> {
    const since = now()
    const values = await texts(ids)
    const words = ids.flatMap((id, index) => {
      const value = values[index]
      return value === undefined ? [] : [{ id, word: value === null ? undefined : wordOfKey(value) }]
    })
    const readings = await Promise.all(
      words.map(async ({ id, word }) => {
        if (word === undefined) return [id, undefined] as const
        if (!wantsLife(id)) return [id, { word }] as const
        // -2: it ended since; -1: it has no end, which nobody of ours writes.
        const life = await answered(() => redis.pttl(keyOf(id))).catch(() => -1)
        if (life === -2) return [id, undefined] as const
        return [id, life < 0 ? { word } : { word, life }] as const
      }),
    )
    return { since, readings: new Map(readings) }
  }

  return {
    async read(operatorId) {
      const value = await circuit.run(() => answered(() => text(operatorId)))
      return value === null ? undefined : wordOfKey(value)
    },
    async *readAll(operatorIds, wantsLife) {
      for (let next = 0; next < operatorIds.length; ) {
        // A Redis that hangs gets single questions until it answers one: each stays in its client's memory.
        const size = circuit.isClosed() ? CHUNK : 1
        const ids = operatorIds.slice(next, next + size)
        try {
          yield await circuit.run(() => chunk(ids, wantsLife))
        } catch {
          return
        }
        next += size
      }
    },
    close: () => void redis.off('error', ignore),
  }
}

async function within<T>(ms: number, answer: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error('no answer in time')), ms)
  })
  try {
    return await Promise.race([answer, late])
  } finally {
    clearTimeout(timer)
  }
}

/** RESP gives an error no other code than the first word of its text. */
const replyCode = (error: unknown): string | undefined =>
  error instanceof Error && error.name === 'ReplyError' ? /^[A-Z]{2,32}\b/.exec(error.message)?.[0] : undefined

/** ioredis hangs the command with its arguments, AUTH's included, on its errors: no more than this of them is told. */
function reasonOf(error: unknown): string {
  const code: unknown = error instanceof Error && 'code' in error ? error.code : undefined
  if (typeof code === 'string' && /^\w{1,64}$/.test(code)) return code
  return replyCode(error) ?? 'no answer'
}
