import { serializeError } from './serialize-error.ts'

const REDACTED = '[redacted]'
const MAX_DEPTH = 6
const MAX_ITEMS = 100

// `credentialsVersion` and `tokenCount` are no secrets; `credentials` and `accessToken` are.
const SECRET_KEY =
  /(?:pass(?:word|wd|phrase)?|pwd|secret|secret[-_]?id|token|authorization|cookie|credentials?|jwt|(?:api|private)[-_]?key)s?$/i

/** A line is written many times with the same keys. */
const judged = new Map<string, boolean>()
const KEYS_REMEMBERED = 1_000

/** A copy of what is about to be logged, without secrets: by type, by name of key, and by depth. */
export function scrub(value: unknown, depth = 0): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (value instanceof Error) return serializeError(value)
  if (value instanceof Date) return value
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) return '[binary]'
  if (depth >= MAX_DEPTH) return '[too deep]'
  // Secret and its like say themselves what may be seen of them.
  const own = (value as { toJSON?: unknown }).toJSON
  if (typeof own === 'function') return scrub(own.call(value), depth + 1)
  if (Array.isArray(value)) return value.slice(0, MAX_ITEMS).map((item) => scrub(item, depth + 1))
  return copied(value, {}, depth)
}

/** The same for the fields of a log line, after those that are in `line` already. */
export function scrubFields(fields: object, line: Record<string, unknown> = {}): Record<string, unknown> {
  if (Object.getPrototypeOf(fields) === Object.prototype && !('toJSON' in fields)) return copied(fields, line, 0)
  const scrubbed = scrub(fields)
  return Object.assign(line, typeof scrubbed === 'object' && scrubbed !== null ? scrubbed : { value: scrubbed })
}

function copied(from: object, to: Record<string, unknown>, depth: number): Record<string, unknown> {
  for (const [key, item] of Object.entries(from)) to[key] = isSecretKey(key) ? REDACTED : scrub(item, depth + 1)
  return to
}

function isSecretKey(key: string): boolean {
  const known = judged.get(key)
  if (known !== undefined) return known
  const found = SECRET_KEY.test(key)
  if (judged.size < KEYS_REMEMBERED) judged.set(key, found)
  return found
}
