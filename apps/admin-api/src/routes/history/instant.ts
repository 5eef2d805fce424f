import { invalid } from '@oms/domain'

const ISO_8601 = /^(\d{4}-\d{2}-\d{2})(?:T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(?:Z|[+-]\d{2}:\d{2}))?$/

/**
 * An ISO 8601 date, which is its first moment in UTC, or a time of day with its offset from UTC; finer than milliseconds is
 * cut off. Rejects with INVALID_PAYLOAD under `path`.
 */
export function instant(raw: string, path: string): Date {
  // An unescaped + of a query string arrives as a blank.
  const text = raw.replace(/ (?=\d{2}:\d{2}$)/, '+')
  const [, day] = ISO_8601.exec(text) ?? []
  const at = new Date(text)
  if (day === undefined || !isDay(day) || !isStorable(at)) {
    throw invalid(path, 'must be an ISO 8601 date, or a time with its offset such as 2026-01-31T23:59:59.999Z')
  }
  return at
}

/** A month may have less than the 31 days that Date takes. */
function isDay(day: string): boolean {
  const first = new Date(day)
  return !Number.isNaN(first.getTime()) && first.toISOString().startsWith(day)
}

/** In UTC from year 1 to year 9999: PostgreSQL has no year 0, and a year of five digits is written with a sign. */
function isStorable(at: Date): boolean {
  const year = at.getUTCFullYear()
  return year >= 1 && year <= 9_999
}
