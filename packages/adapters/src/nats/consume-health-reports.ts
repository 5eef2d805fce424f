import type { Msg } from 'nats'
import { createArrivals } from './arrivals.ts'
import type { Nats } from './connection.ts'
import { type ConsumerLag, consumerLag } from './consumer-lag.ts'
import { type DurableConsumer, ensureConsumer } from './ensure-consumer.ts'
import { apiCode, JETSTREAM } from './errors.ts'
import { type InboundMessage, inboundMessage } from './inbound-message.ts'
import { aborted, backoffMs, pause, within } from './pause.ts'
import { openPull, type Pull } from './pull.ts'
import { giveBack, type Settlement, settle, stillWorking } from './settlement.ts'
import { HEALTH_INBOUND } from './streams.ts'
import { supervise } from './supervise.ts'

export type ConsumeOptions = Readonly<{
  /**
   * Settles each message, by index. A rejection gives all of them back, later and later. `recorded` lets the next batch
   * begin while this one is finished; without it the next waits for the settlements.
   */
  onBatch: (messages: readonly InboundMessage[], recorded: () => void) => Promise<readonly Settlement[]>
  onError: (error: unknown) => void
  /** False: the durable is looked for, never made or changed. */
  manage?: boolean
  /** The stream is not there (yet). */
  onStreamMissing?: () => void
  /** The largest; a batch grows to it while there is a backlog. */
  batchSize?: number
  maxBytes?: number
}>

export interface HealthReportConsumer extends AsyncDisposable {
  /** Two small requests. Rejects with DEPENDENCY_UNAVAILABLE, at once while disconnected. */
  lag(): Promise<ConsumerLag>
  /** Finishes the batch in hand, gives back what was prefetched. */
  stop(): Promise<void>
}

export const HEALTH_CONSUMER: DurableConsumer = {
  ...HEALTH_INBOUND,
  durable: 'ops-health-consumer',
  ackWaitMs: 30_000,
  // Two replicas with the fullest hands that the default allows. Reports that wait out a lost PostgreSQL count too.
  maxAckPending: 65_536,
}

/** Well under AckWait, so that one lost heartbeat does not hand a batch to another replica. */
const WORKING_EVERY_MS = 10_000
const LONGEST_NAK_MS = 15_000
/** What is taken at once while there is no backlog, and after a failure. */
const FIRST_BATCH = 256
/** So many are taken whole; of more, half: the rest is recorded while the keys of these are written. */
const WORTH_HALVING = 1_024
const LONGEST_PAUSE_MS = 1_000
const STOP_LIMIT_MS = 1_000

/** Reads reports in micro-batches of what has arrived, for ever: lost servers, consumers and streams are found again. */
export function consumeHealthReports(nats: Nats, options: ConsumeOptions): HealthReportConsumer {
  const { onBatch, onError, manage = true, batchSize = FIRST_BATCH, maxBytes = 16 * 1024 * 1024 } = options
  const stopping = new AbortController()
  const arrivals = createArrivals()
  const batches = new Set<readonly Msg[]>()
  let limit = Math.min(FIRST_BATCH, batchSize)
  let failures = 0
  let pull: Pull | undefined

  const running = supervise(
    nats,
    async (connection, signal) => {
      // Only looks: nats-server 2.9 fails to delete a consumer that is made again in the same moment.
      const verify = () => ensureConsumer(connection, HEALTH_CONSUMER, false)
      await ensureConsumer(connection, HEALTH_CONSUMER, manage).catch((error: unknown) => {
        if (apiCode(error) === JETSTREAM.streamNotFound) options.onStreamMissing?.()
        throw error
      })
      const { stream, durable } = HEALTH_CONSUMER
      const hand = { capacity: () => 2 * limit, maxBytes, inHand: arrivals, onMessage: arrivals.push }
      pull = openPull(connection, { stream, consumer: durable, verify, ...hand })
      try {
        await Promise.race([pull.failed, aborted(signal)])
      } finally {
        await pull.close(nats.state() === 'connected')
        pull = undefined
      }
    },
    { signal: stopping.signal, onError },
  )

  /** False when all come again. */
  async function finish(batch: readonly Msg[], recorded: () => void): Promise<boolean> {
    batches.add(batch)
    try {
      const settlements = await onBatch(batch.map(inboundMessage), recorded)
      batch.forEach((message, index) => settle(message, settlements[index] ?? { nakAfterMs: LONGEST_NAK_MS }))
      return true
    } catch (error) {
      onError(error)
      for (const message of batch) {
        const { deliveryCount } = inboundMessage(message)
        settle(message, { nakAfterMs: backoffMs(deliveryCount, 500, LONGEST_NAK_MS) })
      }
      return false
    } finally {
      batches.delete(batch)
    }
  }

  async function work(): Promise<void> {
    let finishing: Promise<unknown> = Promise.resolve()
    while (!stopping.signal.aborted) {
      await arrivals.some(stopping.signal)
      if (stopping.signal.aborted) break
      const batch = arrivals.take(Math.min(limit, Math.max(WORTH_HALVING, Math.ceil(arrivals.size() / 2))))
      pull?.refill()
      const recorded = Promise.withResolvers<true>()
      const finished = finish(batch, () => recorded.resolve(true))
      const isRecorded = await Promise.race([recorded.promise, finished])
      // Never more than two in hand: one is recorded while the one before it is finished.
      await finishing
      finishing = finished
      failures = isRecorded ? 0 : failures + 1
      // Many reports of one operator cost one write: what waits is caught up the faster, the more is taken at once.
      if (batch.length >= limit / 2) limit = Math.min(2 * limit, batchSize)
      // Whatever else waits would fail as well, and come again and again.
      if (failures > 0) {
        limit = Math.min(FIRST_BATCH, batchSize)
        await pause(backoffMs(failures, 50, LONGEST_PAUSE_MS), stopping.signal)
      }
    }
    await finishing
  }

  const working = work()
  const keepAlive = setInterval(() => [...batches, arrivals.all()].flat().forEach(stillWorking), WORKING_EVERY_MS)

  /**
   * nats-server 2.9 mislays what is given back while a pull waits to which nobody listens any more, and then delivers
   * nothing to anyone until AckWait is over. It drops such pulls when it is asked about the consumer.
   */
  async function forgetPulls(): Promise<void> {
    if (nats.state() !== 'connected') return
    await within(STOP_LIMIT_MS, consumerLag(nats.connection(), HEALTH_CONSUMER)).catch(() => undefined)
  }

  async function stop(): Promise<void> {
    stopping.abort()
    await Promise.all([working, running])
    clearInterval(keepAlive)
    await forgetPulls()
    for (const message of arrivals.take(Number.POSITIVE_INFINITY)) giveBack(message)
    if (nats.state() === 'connected') await within(STOP_LIMIT_MS, nats.connection().flush())
  }

  return {
    lag: async () => consumerLag(nats.connection(), HEALTH_CONSUMER),
    stop,
    [Symbol.asyncDispose]: stop,
  }
}
