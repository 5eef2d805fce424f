import { AckPolicy, createInbox, DeliverPolicy, nanos } from 'nats'
import type { JetStreamManager, Msg, NatsConnection } from 'nats'

export type DeliveryOptions = Readonly<{
  nats: NatsConnection
  manager: JetStreamManager
  stream: string
  subject: string
  /** The first message to deliver, or the next one that there is. */
  from: number
  heartbeat: number
  onMessage: (message: Msg, sequence: number) => void
}>

export type Delivery = Readonly<{
  /** Rejects when a message was lost on the way, or nothing is heard any more: begin anew behind the last message. */
  failed: Promise<never>
  /** The server forgets the consumer by itself. */
  close(): void
}>

/** Status of a message that is no delivery: idle heartbeat, or the question whether we keep up. */
const CONTROL = 100
/** Heartbeats missed, with patience for a busy machine. */
const MISSED = 3

/**
 * An ephemeral push consumer: nothing is asked for, so that a lone message is there at once, and nothing is acknowledged.
 * The server sends on only while we answer its flow control, and each heartbeat says how many messages there were.
 */
export async function openDelivery(options: DeliveryOptions): Promise<Delivery> {
  const { nats, manager, stream, subject, from, heartbeat, onMessage } = options
  const inbox = createInbox()
  let fail: (reason: unknown) => void
  const failed = new Promise<never>((_resolve, reject) => {
    fail = reject
  })
  failed.catch(() => undefined)
  let closed = false
  let count = 0

  function onControl(message: Msg): void {
    if (message.headers?.code !== CONTROL) return fail(new Error('the server ended a consumer'))
    const stalled = message.headers.get('Nats-Consumer-Stalled')
    if (message.reply !== undefined && message.reply !== '') message.respond()
    else if (stalled !== '') nats.publish(stalled)
    else if (Number(message.headers.get('Nats-Last-Consumer')) !== count)
      fail(new Error('messages were lost on the way'))
  }

  function onArrival(message: Msg): void {
    lastHeard = performance.now()
    if ((message.headers?.code ?? 0) > 0) return onControl(message)
    const [sequence, delivered] = sequencesOf(message)
    if (delivered !== count + 1) return fail(new Error('messages were lost on the way'))
    count += 1
    onMessage(message, sequence)
  }

  const subscription = nats.subscribe(inbox, {
    callback(error, message) {
      if (closed) return
      try {
        if (error !== null) throw error
        onArrival(message)
      } catch (reason) {
        // To answer may fail as well, on a connection that is closing; nothing may escape into the library's reader.
        fail(reason)
      }
    },
  })

  let lastHeard = Number.POSITIVE_INFINITY
  const watchdog = setInterval(() => {
    if (performance.now() - lastHeard > MISSED * heartbeat) fail(new Error('a consumer fell silent'))
  }, heartbeat)

  function close(): void {
    closed = true
    clearInterval(watchdog)
    if (!subscription.isClosed()) subscription.unsubscribe()
  }

  try {
    await manager.consumers.add(stream, {
      // eslint-disable-next-line @typescript-eslint/no-deprecated -- the library would rather pull; servers have it for good
      deliver_subject: inbox,
      deliver_policy: DeliverPolicy.StartSequence,
      opt_start_seq: from,
      filter_subject: subject,
      ack_policy: AckPolicy.None,
      flow_control: true,
      idle_heartbeat: nanos(heartbeat),
      mem_storage: true,
      num_replicas: 1,
    })
  } catch (error) {
    close()
    throw error
  }
  lastHeard = performance.now()
  return { failed, close }
}

// https://docs.nats.io/reference/reference-protocols/nats_api_reference: a delivered message's reply subject is
// $JS.ACK.<stream>.<consumer>.<delivered>.<stream seq>.<consumer seq>.<nanoseconds>.<pending>, newer servers put
// <domain>.<account hash> before the stream and a token at the end.
const SHORT_FORM_TOKENS = 9

function sequencesOf({ reply = '' }: Msg): readonly [ofStream: number, ofConsumer: number] {
  const tokens = reply.split('.')
  const [ofStream, ofConsumer] = tokens.slice(tokens.length === SHORT_FORM_TOKENS ? 5 : 7)
  return [Number(ofStream), Number(ofConsumer)]
}
