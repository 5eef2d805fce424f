import { serializeError } from './serialize-error.ts'

const REDACTED = '[redacted]'
const MAX_DEPTH = 6
const MAX_ITEMS = 100

// `credentialsVersion` and `tokenCount` are no secrets; `credentials` and `accessToken` are.
const SECRET_KEY =
  /(?:pass(?:word|wd|phrase)?|pwd|secret|secret[-_]?id|token|authorization|cookie|credentials?|jwt|(?:api|private)[-_]?key)s?$/i

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
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, SECRET_KEY.test(key) ? REDACTED : scrub(item, depth + 1)]),
  )
}

/** The same for the fields of a log line. */
export const scrubFields = (fields: object): Record<string, unknown> => {
  const scrubbed = scrub(fields)
  return typeof scrubbed === 'object' && scrubbed !== null ? { ...scrubbed } : { value: scrubbed }
}
