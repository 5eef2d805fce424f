import { DiscardPolicy, nanos, type NatsConnection, RetentionPolicy, StorageType, type StreamAPI } from 'nats'
import type { Nats } from './connection.ts'
import { apiCode, JETSTREAM } from './errors.ts'
import { pause } from './pause.ts'
import { type StreamDifference, streamChanges, type WantedStream } from './stream-changes.ts'
import type { StreamSpec } from './streams.ts'
import { supervise } from './supervise.ts'

export type StreamOptions = Readonly<{
  /** False: look at nothing, touch nothing (`NATS_MANAGE_STREAMS=false`). */
  manage: boolean
  replicas: number
  storage?: 'file' | 'memory'
  /** Seconds by stream name, where they differ from the contract's. */
  ages?: Readonly<Record<string, number>>
  /** Each check that finds a stream other than wanted, or cannot reach it. */
  onProblem?: (problem: StreamProblem) => void
}>

export type StreamProblem =
  | (Readonly<{ stream: string }> & StreamDifference)
  | Readonly<{ stream: string; kind: 'failed'; error: unknown }>

export interface StreamManager extends AsyncDisposable {
  /** True once every stream was found or made since the last connect; always when streams are not managed. */
  ready(): boolean
  /** Looks again soon: a publisher or consumer met a missing stream. */
  check(): void
}

const RECHECK_MS = 30_000
/** nats-server 2.9 leaves a stream broken that is made again while it is still being deleted. */
const DELETION_MS = 1_000

/**
 * Makes or raises the streams in the background at each connect, and looks again every 30 s. Several replicas may do so
 * at once: the same create is idempotent for the server, and a change only ever adds.
 */
export function manageStreams(nats: Nats, specs: readonly StreamSpec[], options: StreamOptions): StreamManager {
  if (!options.manage)
    return { ready: () => true, check: () => undefined, [Symbol.asyncDispose]: async () => undefined }
  const stopping = new AbortController()
  let recheck = new AbortController()
  let ready = false

  async function session(connection: NatsConnection, signal: AbortSignal): Promise<void> {
    ready = false
    const { streams } = await connection.jetstreamManager({ checkAPI: false, timeout: 3_000 })
    while (!signal.aborted) {
      recheck = new AbortController()
      const established = await Promise.allSettled(
        specs.map((spec) => establish(streams, wantedStream(spec, options), options.onProblem)),
      )
      const failed = established.find((one) => one.status === 'rejected')
      if (failed !== undefined) throw failed.reason
      ready = true
      await pause(RECHECK_MS, AbortSignal.any([signal, recheck.signal]))
      if (recheck.signal.aborted) await pause(DELETION_MS, signal)
    }
  }

  const running = supervise(nats, session, { signal: stopping.signal, onError: () => undefined })
  return {
    ready: () => ready,
    check: () => recheck.abort(),
    async [Symbol.asyncDispose]() {
      stopping.abort()
      await running
    },
  }
}

/** Rejects for what a retry may mend; tells of what it cannot. */
async function establish(streams: StreamAPI, wanted: WantedStream, tell: StreamOptions['onProblem']): Promise<void> {
  const stream = wanted.name
  try {
    const existing = await streams.info(stream).catch((error: unknown) => {
      if (apiCode(error) === JETSTREAM.streamNotFound) return undefined
      throw error
    })
    if (existing === undefined) return void (await streams.add({ ...wanted, discard: DiscardPolicy.Old }))
    const { change, differences } = streamChanges(existing.config, wanted)
    for (const difference of differences) tell?.({ stream, ...difference })
    if (Object.keys(change).length > 0) await streams.update(stream, change)
  } catch (error) {
    tell?.({ stream, kind: 'failed', error })
    throw error
  }
}

function wantedStream(spec: StreamSpec, { replicas, storage = 'file', ages }: StreamOptions): WantedStream {
  const ageSeconds = ages?.[spec.name] ?? spec.maxAgeSeconds
  return {
    name: spec.name,
    subjects: [...spec.subjects],
    retention: RetentionPolicy.Limits,
    storage: storage === 'file' ? StorageType.File : StorageType.Memory,
    num_replicas: replicas,
    max_age: nanos(ageSeconds * 1_000),
    // The server refuses a window that is longer than the age.
    duplicate_window: nanos(Math.min(spec.duplicateWindowSeconds, ageSeconds) * 1_000),
  }
}
