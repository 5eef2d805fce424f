import type { ErrorCode } from '@oms/domain'

type Edge = Readonly<{
  status: number
  title: string
  level: 'info' | 'warn' | 'error'
  /** Seconds, for errors that do not bring their own. */
  retryAfter?: number
}>

/** What the edge makes of each code. `error` pages someone. */
export const PROBLEMS = {
  INVALID_PAYLOAD: { status: 400, title: 'The request is not valid', level: 'info' },
  UNAUTHENTICATED: { status: 401, title: 'Valid authentication is needed', level: 'info' },
  FORBIDDEN: { status: 403, title: 'The caller may not do this', level: 'info' },
  CLIENT_NOT_ALLOWED: { status: 403, title: 'The client certificate is not allowed here', level: 'warn' },
  NOT_FOUND: { status: 404, title: 'There is nothing at this path', level: 'info' },
  OPERATOR_NOT_FOUND: { status: 404, title: 'There is no such operator', level: 'info' },
  ROUTING_RULE_NOT_FOUND: { status: 404, title: 'There is no such routing rule', level: 'info' },
  METHOD_NOT_ALLOWED: { status: 405, title: 'The path does not know this method', level: 'info' },
  DUPLICATE_OPERATOR: { status: 409, title: 'Another operator has this host, port and system id', level: 'info' },
  DUPLICATE_NAME: { status: 409, title: 'Another operator has this name', level: 'info' },
  PREFIX_CONFLICT: { status: 409, title: 'Another active rule of the operator overlaps', level: 'info' },
  INVALID_STATUS_TRANSITION: { status: 409, title: 'The status cannot change this way', level: 'info' },
  IDEMPOTENCY_CONFLICT: { status: 409, title: 'The idempotency key belongs to another request', level: 'info' },
  IDEMPOTENCY_IN_PROGRESS: { status: 409, title: 'The first request with this key is still running', level: 'info' },
  VERSION_MISMATCH: { status: 412, title: 'The operator has changed since it was read', level: 'info' },
  PAYLOAD_TOO_LARGE: { status: 413, title: 'The body is too large', level: 'info' },
  UNSUPPORTED_MEDIA_TYPE: { status: 415, title: 'The content type is not supported here', level: 'info' },
  INTERNAL_ERROR: { status: 500, title: 'The service failed', level: 'error' },
  VAULT_UNAVAILABLE: { status: 503, title: 'Vault is out of reach', level: 'warn', retryAfter: 5 },
  DEPENDENCY_UNAVAILABLE: { status: 503, title: 'A dependency is out of reach', level: 'warn', retryAfter: 5 },
  SERVICE_OVERLOADED: { status: 503, title: 'The service is overloaded', level: 'warn', retryAfter: 2 },
  CREDENTIALS_MISSING: { status: 503, title: 'The operator has lost its credentials', level: 'error' },
} as const satisfies Record<ErrorCode, Edge>

export const edgeOf = (code: ErrorCode): Edge => PROBLEMS[code]
