import {
  type ConsumerMessages,
  connect,
  DeliverPolicy,
  type JetStreamClient,
  JSONCodec,
  type NatsConnection,
} from 'nats'
import { until } from './until.ts'

export type SeenEvent = Readonly<{ subject: string; payload: Readonly<Record<string, unknown>>; messageId: string }>

export type EventStream = 'OPERATOR_CONFIG' | 'OPERATOR_HEALTH' | 'OPS_AUDIT' | 'OPS_DEADLETTER'

export type EventWatch = AsyncDisposable &
  Readonly<{
    nats: NatsConnection
    jetstream: JetStreamClient
    /** The first event of `subject` for the operator that was not asked for yet. Rejects after 10 s. */
    next(subject: string, operatorId: string): Promise<SeenEvent>
    /** All that the stream holds now, in its order. */
    stored(stream: EventStream): Promise<readonly SeenEvent[]>
  }>

const FETCH_WITHIN_MS = 10_000

const codec = JSONCodec<Record<string, unknown>>()

/** Listens to everything that the service tells, from now on; waits for the streams and survives a lost server. */
export async function watchEvents(url: string): Promise<EventWatch> {
  const nats = await connect({ servers: url, maxReconnectAttempts: -1, reconnectTimeWait: 200, noAsyncTraces: true })
  const jetstream = nats.jetstream()
  const manager = await nats.jetstreamManager({ checkAPI: false })
  const seen: SeenEvent[] = []
  const opened: ConsumerMessages[] = []
  const exists = (stream: string) =>
    manager.streams.info(stream).then(
      () => true,
      () => undefined,
    )
  for (const stream of ['OPERATOR_CONFIG', 'OPERATOR_HEALTH']) {
    await until(`the stream ${stream}`, () => exists(stream))
    const consumer = await jetstream.consumers.get(stream, { deliver_policy: DeliverPolicy.New })
    opened.push(await consumer.consume({ callback: (message) => void seen.push(toEvent(message)) }))
  }
  return {
    nats,
    jetstream,
    next: (subject, operatorId) =>
      until(`${subject} of ${operatorId}`, async () => {
        const index = seen.findIndex((event) => event.subject === subject && event.payload.operatorId === operatorId)
        return index < 0 ? undefined : seen.splice(index, 1)[0]
      }),
    async stored(stream) {
      const { state } = await manager.streams.info(stream)
      const events: SeenEvent[] = []
      if (state.messages === 0) return events
      // From the first on by default; asking for DeliverPolicy.All makes the client ask for what no server accepts.
      const consumer = await jetstream.consumers.get(stream)
      const messages = await consumer.fetch({ max_messages: state.messages, expires: FETCH_WITHIN_MS })
      for await (const message of messages) events.push(toEvent(message))
      if (events.length < state.messages)
        throw new Error(`${stream} gave ${events.length} of ${state.messages} messages`)
      return events
    },
    async [Symbol.asyncDispose]() {
      for (const messages of opened) await messages.close()
      await nats.close()
    },
  }
}

type Message = Readonly<{ subject: string; data: Uint8Array; headers?: { get(name: string): string } | undefined }>

const toEvent = ({ subject, data, headers }: Message): SeenEvent => ({
  subject,
  payload: codec.decode(data),
  messageId: headers?.get('Nats-Msg-Id') ?? '',
})
