import { EventRefused } from '@oms/domain'
import { ErrorCode, headers, type JetStreamClient, type NatsConnection } from 'nats'
import type { Nats } from './connection.ts'
import { apiCode, clientCode, JETSTREAM, natsUnavailable } from './errors.ts'

export type JsonMessage = Readonly<{
  subject: string
  /** The `Nats-Msg-Id`. */
  messageId: string
  payload: unknown
  traceparent?: string | null
}>

/** https://www.w3.org/TR/trace-context/#traceparent-header; anything else would only break the publish. */
const TRACEPARENT = /^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/

// Everything else may pass: a stream that is missing, full, sealed or forbidden to us today can be mended by a person,
// and the event must still be there when it is.
const REFUSALS = new Set<string>([
  ErrorCode.MaxPayloadExceeded,
  ErrorCode.BadSubject,
  ErrorCode.BadPayload,
  ErrorCode.BadHeader,
])
const API_REFUSALS = new Set<number>([JETSTREAM.messageTooLarge, JETSTREAM.headersTooLarge])

/**
 * Resolves with the PubAck. Rejects with EventRefused when the same message can never be stored, with
 * DEPENDENCY_UNAVAILABLE otherwise: at once while disconnected, else after `timeoutMs`.
 */
export async function publishJson(nats: Nats, message: JsonMessage, timeoutMs: number): Promise<void> {
  const stream = jetStream(nats.connection())
  const carrier = headers()
  if (TRACEPARENT.test(message.traceparent ?? '')) carrier.set('traceparent', message.traceparent ?? '')
  try {
    const options = { msgID: message.messageId, headers: carrier, timeout: timeoutMs }
    await stream.publish(message.subject, encode(message.payload), options)
  } catch (error) {
    if (error instanceof EventRefused) throw error
    const api = apiCode(error)
    const refused = REFUSALS.has(clientCode(error) ?? '') || (api !== undefined && API_REFUSALS.has(api))
    if (refused) throw new EventRefused(`NATS refuses it: ${api ?? clientCode(error)}`, { cause: error })
    throw natsUnavailable(error)
  }
}

function encode(payload: unknown): Uint8Array {
  try {
    return new TextEncoder().encode(JSON.stringify(payload))
  } catch (error) {
    throw new EventRefused('its payload is not JSON', { cause: error })
  }
}

const clients = new WeakMap<NatsConnection, JetStreamClient>()

function jetStream(connection: NatsConnection): JetStreamClient {
  const known = clients.get(connection)
  if (known !== undefined) return known
  const client = connection.jetstream()
  clients.set(connection, client)
  return client
}
