import { OperatorClientError } from './errors.ts'
import type { InternalApi } from './internal-api.ts'
import { isRecord } from './is-record.ts'
import type { OperatorCredentials } from './operator.ts'
import { backoffMs } from './pause.ts'
import type { Timing } from './timing.ts'

/** What binds need, in memory alone. */
export type Credentials = Readonly<{
  /**
   * As they are known while fresh, else read anew; gets at the same time share one request. While the service is away
   * (UNAVAILABLE) what was read before is answered, whatever its age, and at most one attempt is made per retry interval.
   * Rejects with NOT_FOUND, which also drops what was known; with REFUSED, for a host that lost its right must show it;
   * with UNAVAILABLE when nothing was ever read.
   */
  get(operatorId: string): Promise<OperatorCredentials>
  /** The operator has changed: the next get reads anew, and what is being read now does not count. */
  invalidate(operatorId: string): void
  /** The operator is gone. */
  forget(operatorId: string): void
  /** Forgets all; gets reject from now on. */
  close(): void
}>

type Entry = {
  value: OperatorCredentials | undefined
  readAt: number
  /** Counts invalidations; `value` holds as long as this is `valueOf`. */
  changes: number
  valueOf: number
  reading: Promise<OperatorCredentials> | undefined
  failures: number
  failure: OperatorClientError | undefined
  retryAt: number
}

export type CredentialsOptions = Readonly<{
  api: Pick<InternalApi, 'get'>
  timing: Timing
  /** Milliseconds that never go back. */
  now?: () => number
}>

/** What is known stays in the closures: to inspect or serialise what is returned shows no password. */
export function createCredentials({ api, timing, now = () => performance.now() }: CredentialsOptions): Credentials {
  const entries = new Map<string, Entry>()
  let closed = false

  const entryOf = (operatorId: string): Entry => {
    const entry = entries.get(operatorId) ?? newEntry()
    entries.set(operatorId, entry)
    return entry
  }

  async function read(operatorId: string, entry: Entry): Promise<OperatorCredentials> {
    try {
      for (;;) {
        const { changes } = entry
        const value = credentialsIn(await api.get(pathOf(operatorId)), operatorId)
        if (changes !== entry.changes) continue
        Object.assign(entry, {
          value,
          readAt: now(),
          valueOf: changes,
          failures: 0,
          failure: undefined,
          retryAt: -Infinity,
        })
        return value
      }
    } catch (error) {
      const failure = error instanceof OperatorClientError ? error : unclear()
      if (failure.code === 'NOT_FOUND' && entries.get(operatorId) === entry) entries.delete(operatorId)
      entry.failures += 1
      entry.failure = failure
      entry.retryAt = now() + Math.max(backoffMs(entry.failures, timing), failure.retryAfterMs ?? 0)
      throw failure
    }
  }

  /** One at a time for an operator; who comes meanwhile shares it. */
  function readOnce(operatorId: string, entry: Entry): Promise<OperatorCredentials> {
    entry.reading ??= read(operatorId, entry).finally(() => {
      entry.reading = undefined
    })
    return entry.reading
  }

  async function get(operatorId: string): Promise<OperatorCredentials> {
    if (closed) throw new OperatorClientError('UNAVAILABLE', 'the client is closed')
    const entry = entryOf(operatorId)
    const { value, failure } = entry
    const holds = value !== undefined && entry.valueOf === entry.changes
    if (holds && now() - entry.readAt < timing.credentialsFresh) return value
    if (failure !== undefined && entry.reading === undefined && now() < entry.retryAt) return insteadOf(failure, entry)
    const reading = readOnce(operatorId, entry).catch((error: unknown) => insteadOf(error, entry))
    // Known to be away: the next attempt is not waited for, unless a change is known that it would bring.
    if (holds && failure?.code === 'UNAVAILABLE') {
      reading.catch(() => undefined)
      return value
    }
    return reading
  }

  return {
    get,
    invalidate(operatorId) {
      const entry = entries.get(operatorId)
      if (entry === undefined) return
      entry.changes += 1
      entry.retryAt = -Infinity
    },
    forget: (operatorId) => void entries.delete(operatorId),
    close() {
      closed = true
      entries.clear()
    },
  }
}

function insteadOf(error: unknown, { value }: Entry): OperatorCredentials {
  if (value !== undefined && error instanceof OperatorClientError && error.code === 'UNAVAILABLE') return value
  throw error
}

const newEntry = (): Entry => ({
  value: undefined,
  readAt: 0,
  changes: 0,
  valueOf: 0,
  reading: undefined,
  failures: 0,
  failure: undefined,
  retryAt: -Infinity,
})

const pathOf = (operatorId: string) => `/operators/${encodeURIComponent(operatorId)}/credentials`

/** Looks at what a bind stands on; the rest is the contract's. */
function credentialsIn(answer: unknown, operatorId: string): OperatorCredentials {
  if (!isCredentials(answer) || answer.operatorId !== operatorId) throw unclear()
  return answer
}

const isCredentials = (value: unknown): value is OperatorCredentials =>
  isRecord(value) &&
  typeof value.host === 'string' &&
  Number.isSafeInteger(value.port) &&
  typeof value.systemId === 'string' &&
  typeof value.password === 'string'

const unclear = () =>
  new OperatorClientError('UNAVAILABLE', 'the internal API answered something that is no credentials')
