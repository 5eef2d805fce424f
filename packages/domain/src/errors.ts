export const ERROR_CODES = [
  'INVALID_PAYLOAD',
  'UNAUTHENTICATED',
  'FORBIDDEN',
  'CLIENT_NOT_ALLOWED',
  'NOT_FOUND',
  'OPERATOR_NOT_FOUND',
  'ROUTING_RULE_NOT_FOUND',
  'METHOD_NOT_ALLOWED',
  'DUPLICATE_OPERATOR',
  'DUPLICATE_NAME',
  'PREFIX_CONFLICT',
  'INVALID_STATUS_TRANSITION',
  'IDEMPOTENCY_CONFLICT',
  'IDEMPOTENCY_IN_PROGRESS',
  'VERSION_MISMATCH',
  'PAYLOAD_TOO_LARGE',
  'UNSUPPORTED_MEDIA_TYPE',
  'INTERNAL_ERROR',
  'VAULT_UNAVAILABLE',
  'DEPENDENCY_UNAVAILABLE',
  'SERVICE_OVERLOADED',
  'CREDENTIALS_MISSING',
] as const

export type ErrorCode = (typeof ERROR_CODES)[number]

/** `path` is dotted (`tpsLimit.maxTps`); empty where the payload as a whole is at fault. */
export type FieldError = Readonly<{ path: string; message: string }>

/** A live operator that already holds the name or the (host, port, systemId) asked for. */
export type OperatorConflict = Readonly<{ operatorId: string; name: string }>

/**
 * An active rule of the same operator that overlaps the one asked for. `relation` is how its prefix stands to that of the
 * one asked for. In a bulk, `row` is the place of the one asked for, from 0; `withRow` that of the other where both are new.
 */
export type RuleConflict = Readonly<{
  ruleId: string | null
  prefix: string
  mcc: string | null
  mnc: string | null
  relation: 'EQUAL' | 'SHADOWS' | 'SHADOWED_BY'
  row?: number
  withRow?: number
}>

export type Conflict = OperatorConflict | RuleConflict

export type ErrorDetails = Readonly<{
  errors?: readonly FieldError[]
  conflicts?: readonly Conflict[]
  /** Seconds after which the same call may succeed. */
  retryAfter?: number
  cause?: unknown
}>

/**
 * The one error that may reach a caller. `message` is shown to callers, so it never holds a secret;
 * `cause` goes to the log only.
 */
export class DomainError extends Error {
  override readonly name = 'DomainError'
  readonly code: ErrorCode
  readonly errors: readonly FieldError[] | undefined
  readonly conflicts: readonly Conflict[] | undefined
  readonly retryAfter: number | undefined

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause })
    this.code = code
    this.errors = details.errors
    this.conflicts = details.conflicts
    this.retryAfter = details.retryAfter
  }
}

export function invalid(path: string, message: string): DomainError {
  return new DomainError('INVALID_PAYLOAD', path === '' ? message : `${path}: ${message}`, {
    errors: [{ path, message }],
  })
}

export const isDomainError = (error: unknown, ...codes: ErrorCode[]): error is DomainError =>
  error instanceof DomainError && (codes.length === 0 || codes.includes(error.code))

/**
 * The connection was lost between COMMIT and its answer: the transaction may or may not stand.
 * Only a read under the row's lock can tell.
 */
export class CommitOutcomeUnknown extends Error {
  override readonly name = 'CommitOutcomeUnknown'

  constructor(cause: unknown) {
    super('the outcome of a COMMIT is unknown', { cause })
  }
}
