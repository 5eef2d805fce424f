import { AckPolicy, type ConsumerConfig, DeliverPolicy, nanos, type NatsConnection } from 'nats'
import { createArrivals } from './arrivals.ts'
import type { Nats } from './connection.ts'
import { type InboundMessage, inboundMessage } from './inbound-message.ts'
import { aborted } from './pause.ts'
import { openPull, type Pull } from './pull.ts'
import { HEALTH_INBOUND } from './streams.ts'
import { supervise } from './supervise.ts'

export type TailOptions = Readonly<{
  onBatch: (messages: readonly InboundMessage[]) => Promise<void>
  onError: (error: unknown) => void
  /** The first report to read; absent: the first that comes from now on. */
  from?: Date
  batchSize?: number
}>

export interface Tail extends AsyncDisposable {
  stop(): Promise<void>
}

/**
 * Reads every report once and in order beside the durable consumer, settling nothing: for the time when that one is
 * full of reports that nobody can record. What is lost with a connection is read again from the last sequence.
 */
export function tailHealthReports(nats: Nats, options: TailOptions): Tail {
  const { onBatch, onError, from, batchSize = 256 } = options
  const stopping = new AbortController()
  const arrivals = createArrivals()
  let lastSequence: number | undefined
  let pull: Pull | undefined

  async function session(connection: NatsConnection, signal: AbortSignal): Promise<void> {
    const { stream, subject } = HEALTH_INBOUND
    const { consumers, streams } = await connection.jetstreamManager({ checkAPI: false, timeout: 3_000 })
    const { state } = await streams.info(stream)
    // A stream that was made anew counts from 1 again.
    if (lastSequence !== undefined && state.last_seq < lastSequence) lastSequence = 0
    const start = lastSequence === undefined ? startAt(from) : startAfter(lastSequence)
    const consumer = await consumers.add(stream, { ...EPHEMERAL, ...start, filter_subject: subject })
    lastSequence ??= consumer.delivered.stream_seq
    pull = openPull(connection, {
      stream,
      consumer: consumer.name,
      capacity: () => 2 * batchSize,
      maxBytes: 8 * 1024 * 1024,
      inHand: arrivals,
      verify: () => consumers.info(stream, consumer.name),
      onMessage: (message) => {
        lastSequence = inboundMessage(message).streamSequence
        arrivals.push(message)
      },
    })
    try {
      await Promise.race([pull.failed, aborted(signal)])
    } finally {
      await pull.close(nats.state() === 'connected')
      pull = undefined
      if (stopping.signal.aborted && nats.state() === 'connected')
        await consumers.delete(stream, consumer.name).catch(() => undefined)
    }
  }

  async function work(): Promise<void> {
    while (!stopping.signal.aborted) {
      await arrivals.some(stopping.signal)
      if (stopping.signal.aborted) return
      const batch = arrivals.take(batchSize)
      pull?.refill()
      try {
        await onBatch(batch.map(inboundMessage))
      } catch (error) {
        onError(error)
      }
    }
  }

  const running = Promise.all([supervise(nats, session, { signal: stopping.signal, onError }), work()])
  async function stop(): Promise<void> {
    stopping.abort()
    await running
  }
  return { stop, [Symbol.asyncDispose]: stop }
}

const EPHEMERAL = {
  ack_policy: AckPolicy.None,
  mem_storage: true,
  num_replicas: 1,
  // Forgotten by the server when its reader is.
  inactive_threshold: nanos(60_000),
} as const satisfies Partial<ConsumerConfig>

const startAt = (from: Date | undefined): Partial<ConsumerConfig> =>
  from === undefined
    ? { deliver_policy: DeliverPolicy.New }
    : { deliver_policy: DeliverPolicy.StartTime, opt_start_time: from.toISOString() }

const startAfter = (sequence: number): Partial<ConsumerConfig> => ({
  deliver_policy: DeliverPolicy.StartSequence,
  opt_start_seq: sequence + 1,
})
