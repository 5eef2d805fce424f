import { DomainError } from '@oms/domain'
import { NatsError } from 'nats'

/** JetStream's own error codes (server/errors.json of nats-server) that decide something here. */
export const JETSTREAM = {
  consumerNotFound: 10014,
  messageNotFound: 10037,
  messageTooLarge: 10054,
  streamNotFound: 10059,
  headersTooLarge: 10097,
} as const

/** JetStream's code of an API error, or undefined. */
export const apiCode = (error: unknown): number | undefined =>
  error instanceof NatsError ? error.api_error?.err_code : undefined

/** The client's code of an error (`TIMEOUT`, `503`, …), or undefined. */
export const clientCode = (error: unknown): string | undefined => (error instanceof NatsError ? error.code : undefined)

/** `cause` goes to the log; the same call may succeed in a second. */
export const natsUnavailable = (cause?: unknown): DomainError =>
  new DomainError('DEPENDENCY_UNAVAILABLE', 'NATS is out of reach', { retryAfter: 1, cause })
