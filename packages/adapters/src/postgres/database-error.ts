import { CommitOutcomeUnknown, DomainError, type ErrorCode } from '@oms/domain'
import { DrizzleQueryError } from 'drizzle-orm/errors'
import postgres from 'postgres'

/** A failure of the database or its driver, without the statement and the parameters that the drivers' errors carry. */
export class DatabaseError extends Error {
  override readonly name = 'DatabaseError'
  /** SQLSTATE, or the driver's or Node's code of a lost connection. */
  readonly code: string | undefined
  readonly constraint: string | undefined
  readonly table: string | undefined

  constructor(message: string, facts: Readonly<{ code?: unknown; constraint?: unknown; table?: unknown }>) {
    super(message)
    this.code = textOrUndefined(facts.code)
    this.constraint = textOrUndefined(facts.constraint)
    this.table = textOrUndefined(facts.table)
  }
}

const textOrUndefined = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined)

const OVERLAP = 'the rule overlaps another active rule of this operator'
/** The indexes and constraints that decide between two admins: names as the migrations give them. */
const CONFLICTS: Readonly<Record<string, readonly [ErrorCode, string]>> = {
  uq_operators_live_endpoint: ['DUPLICATE_OPERATOR', 'another operator has this host, port and systemId'],
  uq_operators_live_name: ['DUPLICATE_NAME', 'another operator has this name'],
  ex_routing_rules_equal: ['PREFIX_CONFLICT', OVERLAP],
  ex_routing_rules_nested: ['PREFIX_CONFLICT', OVERLAP],
}

/** Unique violation and exclusion violation. */
const CONFLICT_STATES = new Set(['23505', '23P01'])
/** Connection exceptions, lack of resources, operator intervention, and credentials or a database that are not there. */
const AWAY_CLASSES = new Set(['08', '53', '57', '58', '28', '3D'])
/** The lock_timeout of a connection: PostgreSQL is well, somebody else holds the row. */
const LOCK_NOT_AVAILABLE = '55P03'
/** Lost to a deadlock or a time-out, or on a server that was just demoted. */
const AWAY_STATES = new Set(['40001', '40P01', LOCK_NOT_AVAILABLE, '25P03', '25006'])
const DRIVER_CODES = new Set([
  'CONNECT_TIMEOUT',
  'CONNECTION_CLOSED',
  'CONNECTION_DESTROYED',
  'CONNECTION_ENDED',
  'DEADLINE_EXCEEDED',
])
const SERIALIZATION = new Set(['40001', '40P01'])

/** What a caller of a port gets to see: a DomainError where the port names one, else an error that may be logged. */
export function toPortError(error: unknown): unknown {
  if (error instanceof DomainError) return error
  if (error instanceof CommitOutcomeUnknown) return new CommitOutcomeUnknown(withoutParameters(error.cause))
  const known = withoutParameters(error)
  if (!(known instanceof DatabaseError)) return known
  const isConflict = CONFLICT_STATES.has(known.code ?? '')
  const [code, message] = (isConflict && CONFLICTS[known.constraint ?? '']) || []
  if (code !== undefined && message !== undefined) return new DomainError(code, message, { cause: known })
  if (known.code === LOCK_NOT_AVAILABLE) return lockedForLong(known)
  return isAway(known) ? unavailable(known) : known
}

/** A statement, a COMMIT or the wait for a connection that took longer than a caller may be kept waiting. */
export const deadlineExceeded = (what: string): DatabaseError =>
  new DatabaseError(`PostgreSQL did not answer in time: ${what}`, { code: 'DEADLINE_EXCEEDED' })

export const isUnanswered = (error: unknown): boolean => driverError(error)?.code === 'DEADLINE_EXCEEDED'

/**
 * PostgreSQL itself refused the COMMIT. A pooler speaks its language too, but its 08P01 only says that it lost the server
 * which had the COMMIT, and 40003 says of itself that the outcome is unknown.
 */
export const isRefusedCommit = (error: unknown): boolean =>
  error instanceof postgres.PostgresError && !error.code.startsWith('08') && error.code !== '40003'

/** The connection itself is gone, as opposed to a statement that the server refused. */
export const isConnectionLoss = (error: unknown): boolean =>
  !(error instanceof postgres.PostgresError) && !(error instanceof DatabaseError) && isAway(error)

export const unavailable = (cause: unknown): DomainError =>
  new DomainError('DEPENDENCY_UNAVAILABLE', 'PostgreSQL is unavailable', { retryAfter: 1, cause })

const lockedForLong = (cause: unknown): DomainError =>
  new DomainError('SERVICE_OVERLOADED', 'another change of the same operator is taking long', { retryAfter: 1, cause })

export const isSerializationFailure = (error: unknown): boolean =>
  SERIALIZATION.has(textOrUndefined(driverError(error)?.code) ?? '')

/** No partition takes the row's time: a check violation (23514) of the table itself, without a constraint. */
export function isMissingPartition(error: unknown, table: string): boolean {
  const cause = driverError(error)
  return (
    cause instanceof postgres.PostgresError &&
    cause.code === '23514' &&
    cause.table_name === table &&
    !cause.constraint_name
  )
}

export function isAway(error: unknown): boolean {
  const code = textOrUndefined(driverError(error)?.code)
  if (code === undefined) return false
  return AWAY_STATES.has(code) || DRIVER_CODES.has(code) || isSqlState(code, AWAY_CLASSES) || isNetworkCode(code)
}

const isSqlState = (code: string, classes: ReadonlySet<string>): boolean =>
  /^[0-9A-Z]{5}$/.test(code) && !isNetworkCode(code) && classes.has(code.slice(0, 2))

// Node's system errors (ECONNREFUSED, EAI_AGAIN …) and those of TLS.
const isNetworkCode = (code: string): boolean =>
  /^(?:E(?:CONN|PIPE|TIMEDOUT|HOST|NET|AI_|NOTFOUND|MFILE)|ERR_(?:TLS|SSL)_|CERT_|UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_)/.test(
    code,
  )

/** drizzle wraps the driver's error in one whose message holds the statement with its parameters: take the inner one. */
export function withoutParameters(error: unknown): unknown {
  const cause = driverError(error)
  if (cause instanceof DatabaseError) return cause
  if (cause === undefined) return error instanceof DrizzleQueryError ? error.cause : error
  if (cause instanceof postgres.PostgresError) {
    // Messages of class 22, data exceptions, quote the value.
    const message = cause.code.startsWith('22') ? 'PostgreSQL refused a value' : cause.message
    return new DatabaseError(`${message} (${cause.code})`, {
      code: cause.code,
      constraint: cause.constraint_name,
      table: cause.table_name,
    })
  }
  return new DatabaseError(cause.message, { code: cause.code })
}

/** The first error of the chain that has a code: PostgreSQL's, the driver's or Node's. */
function driverError(error: unknown): (Error & { code: unknown }) | undefined {
  for (let link = error; link instanceof Error; link = link.cause) {
    if (!(link instanceof DomainError) && 'code' in link && link.code !== undefined) return link
  }
  return undefined
}
