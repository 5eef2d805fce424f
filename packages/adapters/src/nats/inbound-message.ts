import { type Micros, micros } from '@oms/domain'
import type { Msg } from 'nats'

/** A message of a JetStream consumer, without its settlement. */
export type InboundMessage = Readonly<{
  subject: string
  data: Uint8Array
  /** W3C trace context, unchecked. */
  traceparent: string | null
  streamSequence: number
  /** When the stream stored it, truncated to microseconds. */
  receivedAtMicros: Micros
  /** 1 for the first delivery. */
  deliveryCount: number
  redelivered: boolean
}>

// https://docs.nats.io/reference/reference-protocols/nats_api_reference: the reply subject of a delivered message is
// $JS.ACK.<stream>.<consumer>.<delivered>.<stream seq>.<consumer seq>.<nanoseconds>.<pending>, newer servers put
// <domain>.<account hash> before the stream and a token at the end.
const ACK_PREFIX = '$JS.ACK.'
const SHORT_FORM_TOKENS = 9

/** Anything else on a pull's inbox is a status. */
export const isDelivery = (message: Msg): boolean => message.reply?.startsWith(ACK_PREFIX) ?? false

export function inboundMessage({ subject, data, headers, reply = '' }: Msg): InboundMessage {
  const tokens = reply.split('.')
  const [delivered, streamSequence, , nanoseconds] = tokens.slice(tokens.length === SHORT_FORM_TOKENS ? 4 : 6)
  const deliveryCount = Number(delivered)
  return {
    subject,
    data,
    traceparent: headers?.get('traceparent') || null,
    streamSequence: Number(streamSequence),
    // Nanoseconds since 1970 do not fit a double: the client's own `timestampNanos` is off by up to 128.
    receivedAtMicros: micros(Number(BigInt(nanoseconds ?? '') / 1_000n)),
    deliveryCount,
    redelivered: deliveryCount > 1,
  }
}
