import type { NatsConnection } from 'nats'
import type { DurableConsumer } from './ensure-consumer.ts'
import { apiCode, JETSTREAM, natsUnavailable } from './errors.ts'

/** What waits in the stream for this consumer. */
export type ConsumerLag = Readonly<{
  /** Neither delivered nor settled. */
  pending: number
  /** Delivered and not settled. */
  ackPending: number
  /** Delivered more than once and not settled. */
  redelivered: number
  /** Age of the oldest of them by this machine's clock; 0 when none waits. */
  oldestAgeSeconds: number
}>

export async function consumerLag(
  connection: NatsConnection,
  { stream, durable, subject }: DurableConsumer,
): Promise<ConsumerLag> {
  try {
    const { consumers, streams } = await connection.jetstreamManager({ checkAPI: false, timeout: 2_000 })
    const info = await consumers.info(stream, durable)
    const waiting = { pending: info.num_pending, ackPending: info.num_ack_pending, redelivered: info.num_redelivered }
    if (waiting.pending + waiting.ackPending === 0) return { ...waiting, oldestAgeSeconds: 0 }
    const query = { seq: info.ack_floor.stream_seq + 1, next_by_subj: subject }
    const oldest = await streams.getMessage(stream, query).catch((error: unknown) => {
      // It was settled, or grew too old for the stream, in between.
      if (apiCode(error) === JETSTREAM.messageNotFound) return undefined
      throw error
    })
    const ageMs = oldest === undefined ? 0 : Date.now() - oldest.time.getTime()
    return { ...waiting, oldestAgeSeconds: Math.max(0, ageMs / 1_000) }
  } catch (error) {
    throw natsUnavailable(error)
  }
}
