import { type Micros, micros } from '@oms/domain'

// What PostgreSQL prints for timestamptz under TimeZone=UTC (`2026-11-20 15:18:00.123456+00`), or ISO 8601 inside JSON.
const TEXT = /^(\d{4,})-(\d\d)-(\d\d)[ T](\d\d):(\d\d):(\d\d)(?:\.(\d{1,6}))?(?:\+00(?::00)?|Z)$/

/** No floating-point step: a double of seconds would lose the last microsecond. */
export function microsOfText(text: string): Micros {
  const [, year, month, day, hour, minute, second, fraction = ''] = TEXT.exec(text) ?? []
  if (year === undefined) throw new TypeError(`not a timestamp in UTC: ${text}`)
  const milliseconds = Date.UTC(
    Number(year),
    Number(month) - 1,
    Number(day),
    Number(hour),
    Number(minute),
    Number(second),
  )
  return micros(milliseconds * 1_000 + Number(fraction.padEnd(6, '0')))
}

/** `2026-11-20T15:18:00.123456Z` */
export function textOfMicros(at: Micros): string {
  const seconds = Math.floor(at / 1_000_000)
  const fraction = String(at - seconds * 1_000_000).padStart(6, '0')
  return `${new Date(seconds * 1_000).toISOString().slice(0, -5)}.${fraction}Z`
}

export const dateOfMicros = (at: Micros): Date => new Date(Math.floor(at / 1_000))

const PRINTED = /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d{1,6})?\+00$/

/** To the millisecond. What PostgreSQL prints V8 reads by itself, in a third of the time; a snapshot has 200,000. */
export const dateOfText = (text: string): Date =>
  PRINTED.test(text) ? new Date(text) : dateOfMicros(microsOfText(text))
