import { isDomainError } from '@oms/domain'

/** What may be printed of an error. */
export type PrintableError = {
  type: string
  message: string
  code?: string | number
  stack?: string
  cause?: PrintableError
  errors?: PrintableError[]
  [field: string]: unknown
}

const MAX_DEPTH = 5
const WITHHELD = '[withheld: may hold parameters]'

/** Facts that help and never hold what a user sent: PostgreSQL's and Node's own words for what failed. */
const FACTS = [
  'constraint_name',
  'schema_name',
  'table_name',
  'severity',
  'syscall',
  'address',
  'port',
  'status',
  'reason_code',
]

/** Classes whose messages are written by Node or by us. SyntaxError is missing: JSON.parse quotes its input. */
const PLAIN = new Set([
  'Error',
  'TypeError',
  'RangeError',
  'ReferenceError',
  'AggregateError',
  'AbortError',
  'TimeoutError',
])
const OURS = new Set(['CommitOutcomeUnknown', 'ConfigError', 'AssertionError', 'VaultFailure', 'RedisFailure'])

/** Drivers hang requests, statements and parameters on their errors, and quote them in the message. */
const TELLTALES = [
  'config',
  'request',
  'response',
  'query',
  'params',
  'parameters',
  'sql',
  'command',
  'body',
  'headers',
  'detail',
]

/**
 * An error reduced to named fields: no property is copied because it happens to be there. The message of a driver's
 * error (DrizzleQueryError, PostgresError, AxiosError, ReplyError, …) is withheld; its codes stay.
 */
export function serializeError(error: unknown, depth = 0): PrintableError {
  if (!(error instanceof Error)) return { type: typeof error, message: WITHHELD }
  const message = hasPlainMessage(error) ? error.message : WITHHELD
  const code = codeOf(error)
  return {
    type: typeOf(error),
    message,
    ...(code === undefined ? {} : { code }),
    ...facts(error),
    stack: stackOf(error, message),
    ...nested(error, depth),
  }
}

/** The same without stack and causes. */
export function printable(error: unknown): Pick<PrintableError, 'type' | 'message' | 'code'> {
  const { type, message, code } = serializeError(error, MAX_DEPTH)
  return { type, message, ...(code === undefined ? {} : { code }) }
}

function nested(error: Error, depth: number): Pick<PrintableError, 'cause' | 'errors'> {
  if (depth >= MAX_DEPTH) return {}
  const parts = error instanceof AggregateError ? error.errors.slice(0, MAX_DEPTH) : []
  return {
    ...(error.cause === undefined ? {} : { cause: serializeError(error.cause, depth + 1) }),
    ...(parts.length === 0 ? {} : { errors: parts.map((part) => serializeError(part, depth + 1)) }),
  }
}

function hasPlainMessage(error: Error): boolean {
  if (isDomainError(error) || OURS.has(error.name)) return true
  if (TELLTALES.some((key) => Object.hasOwn(error, key))) return false
  if (typeof field(error, 'syscall') === 'string') return true
  const code = field(error, 'code')
  if (typeof code === 'string' && /^(?:ERR_|FST_)/.test(code)) return true
  return PLAIN.has(error.constructor.name) && PLAIN.has(error.name)
}

const field = (error: Error, key: string): unknown => (error as unknown as Record<string, unknown>)[key]

const isFact = (value: unknown): value is string | number =>
  typeof value === 'number' || (typeof value === 'string' && /^[\w.:-]{1,128}$/.test(value))

function codeOf(error: Error): string | number | undefined {
  const code = field(error, 'code')
  if (isFact(code)) return code
  // RESP: the first word of an error reply is its code.
  return error.name === 'ReplyError' ? /^[A-Z]{2,32}\b/.exec(error.message)?.[0] : undefined
}

function facts(error: Error): Record<string, string | number> {
  const found: Record<string, string | number> = {}
  for (const key of FACTS) {
    const value = field(error, key)
    if (isFact(value)) found[key] = value
  }
  return found
}

/** Some drivers leave `name` at 'Error' and tell themselves apart by class only. */
function typeOf(error: Error): string {
  const name = error.name === 'Error' ? error.constructor.name : error.name
  return /^\w{1,64}$/.test(name) ? name : 'Error'
}

/** V8 puts the message on top of the stack: keep the frames, put our own head on. */
function stackOf(error: Error, message: string): string {
  const raw = typeof error.stack === 'string' ? error.stack : ''
  const at = raw.indexOf(error.message)
  const frames = (at < 0 ? raw : raw.slice(at + error.message.length))
    .split('\n')
    .filter((line) => /^ {4}at /.test(line))
  return [`${typeOf(error)}: ${message}`, ...frames].join('\n')
}
