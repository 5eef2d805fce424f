import {
  type ConsumerMessages,
  connect,
  DeliverPolicy,
  type JetStreamClient,
  JSONCodec,
  type NatsConnection,
} from 'nats'

export type SeenEvent = Readonly<{ subject: string; payload: Readonly<Record<string, unknown>> }>

export type EventWatch = AsyncDisposable &
  Readonly<{
    nats: NatsConnection
    jetstream: JetStreamClient
    /** The next event of `subject` for the operator, from now or from before. Rejects after 10 s. */
    next(subject: string, operatorId: string): Promise<SeenEvent>
  }>

const WITHIN_MS = 10_000
const codec = JSONCodec<Record<string, unknown>>()

/** Listens to everything that the service tells, from now on. */
export async function watchEvents(url: string): Promise<EventWatch> {
  const nats = await connect({ servers: url })
  const jetstream = nats.jetstream()
  const seen: SeenEvent[] = []
  const waiting = new Set<() => void>()
  const opened: ConsumerMessages[] = []
  for (const stream of ['OPERATOR_CONFIG', 'OPERATOR_HEALTH']) {
    const consumer = await jetstream.consumers.get(stream, { deliver_policy: DeliverPolicy.New })
    opened.push(
      await consumer.consume({
        callback: ({ subject, data }) => {
          seen.push({ subject, payload: codec.decode(data) })
          for (const wake of waiting) wake()
        },
      }),
    )
  }
  return {
    nats,
    jetstream,
    async next(subject, operatorId) {
      const deadline = Date.now() + WITHIN_MS
      for (;;) {
        const index = seen.findIndex((event) => event.subject === subject && event.payload.operatorId === operatorId)
        const [found] = index < 0 ? [] : seen.splice(index, 1)
        if (found !== undefined) return found
        if (Date.now() > deadline) throw new Error(`no ${subject} within ${WITHIN_MS / 1_000} s`)
        await new Promise<void>((resolve) => {
          const wake = () => {
            waiting.delete(wake)
            resolve()
          }
          waiting.add(wake)
          setTimeout(wake, 100)
        })
      }
    },
    async [Symbol.asyncDispose]() {
      for (const messages of opened) await messages.close()
      await nats.close()
    },
  }
}
