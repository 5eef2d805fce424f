import type { NatsConnection } from 'nats'
import type { DurableConsumer } from './ensure-consumer.ts'
import { apiCode, JETSTREAM, natsUnavailable } from './errors.ts'

/** What waits in the stream for this consumer. */
export type ConsumerLag = Readonly<{
  /** Neither delivered nor settled. */
  pending: number
  /** Delivered and not settled. */
  ackPending: number
  /** Age of the oldest of them by this machine's clock; 0 when none waits. */
  oldestAgeSeconds: number
}>

export async function consumerLag(
  connection: NatsConnection,
  { stream, durable, subject }: DurableConsumer,
): Promise<ConsumerLag> {
  try {
    const { consumers, streams } = await connection.jetstreamManager({ checkAPI: false, timeout: 2_000 })
    const { num_pending: pending, num_ack_pending: ackPending, ack_floor } = await consumers.info(stream, durable)
    if (pending + ackPending === 0) return { pending, ackPending, oldestAgeSeconds: 0 }
    const query = { seq: ack_floor.stream_seq + 1, next_by_subj: subject }
    const oldest = await streams.getMessage(stream, query).catch((error: unknown) => {
      // It was settled, or grew too old for the stream, in between.
      if (apiCode(error) === JETSTREAM.messageNotFound) return undefined
      throw error
    })
    const ageMs = oldest === undefined ? 0 : Date.now() - oldest.time.getTime()
    return { pending, ackPending, oldestAgeSeconds: Math.max(0, ageMs / 1_000) }
  } catch (error) {
    throw natsUnavailable(error)
  }
}
