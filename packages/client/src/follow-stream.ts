import { type JetStreamManager, type Msg, type NatsConnection, NatsError } from 'nats'
import { isRecord } from './is-record.ts'
import type { Problem } from './observer.ts'
import { openDelivery } from './ordered-delivery.ts'
import { backoffMs, pause } from './pause.ts'
import { nextPosition, type StreamFacts, type StreamPosition } from './stream-position.ts'
import type { Timing } from './timing.ts'

export type Follow = Readonly<{
  /** Resolves when the position is fixed: from here on nothing is missed. Pending for ever when closed before. */
  started: Promise<void>
  close(): Promise<void>
}>

export type FollowOptions = Readonly<{
  nats: NatsConnection
  stream: string
  subject: string
  /** A JSON object and its subject: each message once, one after the other, in the order of the stream. */
  onMessage: (payload: Readonly<Record<string, unknown>>, subject: string) => void
  /** Messages from before this moment may be missing, those after it come: read the state anew. */
  onGap: () => void
  timing: Timing
  onProblem: (problem: Problem) => void
}>

/**
 * Follows a subject of a JetStream stream from now on, through restarts and absences of either side, without a durable
 * consumer. The stream need not be there yet.
 */
export function followStream(options: FollowOptions): Follow {
  const { nats, stream, subject, onGap, timing, onProblem } = options
  const closing = new AbortController()
  const { signal } = closing
  const tell = (message: string, error?: unknown) =>
    onProblem({ source: 'nats', message: `${stream}: ${message}`, ...(error !== undefined && { error }) })
  let position: StreamPosition | undefined
  let failures = 0
  let away = false
  const ended = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
  let begin: () => void = () => undefined
  const started = new Promise<void>((resolve) => {
    begin = resolve
  })

  function onMessage(message: Msg): void {
    const payload = jsonObject(message)
    if (payload === undefined) return tell(`a message on ${message.subject} is no JSON object; passed over`)
    try {
      options.onMessage(payload, message.subject)
    } catch (error) {
      tell(`a message on ${message.subject} could not be dealt with; passed over`, error)
    }
  }

  /** Until the delivery fails, or the end. */
  async function session(): Promise<void> {
    const manager = await nats.jetstreamManager({ checkAPI: false, timeout: timing.requestTimeout })
    const facts = await streamFacts(manager, stream)
    if (signal.aborted) return
    const { position: next, gap } = nextPosition(position, facts)
    position = next
    begin()
    if (gap) onGap()
    const { made } = next
    const delivery = await openDelivery({
      ...{ nats, manager, stream, subject, from: next.sequence + 1, heartbeat: timing.natsHeartbeat },
      onMessage(message, sequence) {
        if (signal.aborted) return
        position = { made, sequence }
        onMessage(message)
      },
    })
    try {
      failures = 0
      if (away) tell('followed again')
      away = false
      await Promise.race([delivery.failed, ended])
    } finally {
      delivery.close()
    }
  }

  async function run(): Promise<void> {
    while (!signal.aborted) {
      try {
        await session()
      } catch (error) {
        if (signal.aborted) return
        if (!away) tell('cannot be followed; trying again', error)
        away = true
        failures += 1
        await pause(backoffMs(failures, timing), signal)
      }
    }
  }

  void run()
  return {
    started,
    async close() {
      closing.abort()
    },
  }
}

/** https://github.com/nats-io/nats-server/blob/main/server/errors.json */
const STREAM_NOT_FOUND = 10059

async function streamFacts(manager: JetStreamManager, stream: string): Promise<StreamFacts | undefined> {
  try {
    return await manager.streams.info(stream)
  } catch (error) {
    if (error instanceof NatsError && error.api_error?.err_code === STREAM_NOT_FOUND) return undefined
    throw error
  }
}

function jsonObject(message: Msg): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(message.string())
    return isRecord(value) ? value : undefined
  } catch {
    return undefined
  }
}
