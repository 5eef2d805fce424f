import { AckPolicy, type ConsumerConfig, type ConsumerInfo, DeliverPolicy, nanos, type NatsConnection } from 'nats'
import { apiCode, JETSTREAM } from './errors.ts'

export type DurableConsumer = Readonly<{
  stream: string
  durable: string
  subject: string
  ackWaitMs: number
  maxAckPending: number
}>

/** The durable exists, but settles otherwise than the loop needs; only a person can mend that. */
export class ConsumerMismatch extends Error {
  override readonly name = 'ConsumerMismatch'
}

/**
 * Makes or updates the pull consumer; with `manage` false only looks. Several replicas may do so at once. It begins
 * with the oldest message of the stream: those that were dealt with before are recognised by the state of record.
 */
export async function ensureConsumer(
  connection: NatsConnection,
  wanted: DurableConsumer,
  manage: boolean,
): Promise<ConsumerInfo> {
  const { consumers } = await connection.jetstreamManager({ checkAPI: false, timeout: 3_000 })
  const { stream, durable } = wanted
  const existing = await consumers.info(stream, durable).catch((error: unknown) => {
    if (manage && apiCode(error) === JETSTREAM.consumerNotFound) return undefined
    throw error
  })
  if (existing === undefined) return consumers.add(stream, configOf(wanted))
  const { config } = existing
  if (config.ack_policy !== AckPolicy.Explicit) {
    throw new ConsumerMismatch(`${durable} of ${stream} has no explicit acks`)
  }
  const changeable = changes(config, configOf(wanted))
  if (!manage || Object.keys(changeable).length === 0) return existing
  return consumers.update(stream, durable, changeable)
}

const configOf = ({ durable, subject, ackWaitMs, maxAckPending }: DurableConsumer) =>
  ({
    durable_name: durable,
    ack_policy: AckPolicy.Explicit,
    deliver_policy: DeliverPolicy.All,
    filter_subject: subject,
    ack_wait: nanos(ackWaitMs),
    max_deliver: -1,
    max_ack_pending: maxAckPending,
  }) as const satisfies Partial<ConsumerConfig>

const CHANGEABLE = ['filter_subject', 'ack_wait', 'max_deliver', 'max_ack_pending'] as const

const changes = (config: ConsumerConfig, wanted: ReturnType<typeof configOf>): Partial<ConsumerConfig> =>
  Object.fromEntries(CHANGEABLE.filter((key) => config[key] !== wanted[key]).map((key) => [key, wanted[key]]))
