import { type Micros, micros } from '@oms/domain'

// ISO 8601 extended format with seconds and an offset; a fraction may be as fine as nanoseconds.
const ISO = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:[.,](\d{1,9}))?(?:Z|([+-])(\d\d):(\d\d))$/
/** Micros are exact in a double until then. */
const LAST = Date.UTC(2255, 0, 1)

/** Undefined unless the text is a real moment from 1970 to 2254, with its offset. */
export function parseInstant(text: string): Micros | undefined {
  const match = ISO.exec(text)
  if (match === null) return undefined
  const [, year, month, day, hour, minute, second, fraction = '', sign, offsetHours = '0', offsetMinutes = '0'] = match
  const fields = [year, month, day, hour, minute, second].map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ]
  const local = Date.UTC(fields[0], fields[1] - 1, ...(fields.slice(2) as [number, number, number, number]))
  // Date.UTC carries the 30th of February over into March.
  if (new Date(local).toISOString().slice(0, 19) !== text.slice(0, 19)) return undefined
  if (Number(offsetHours) > 23 || Number(offsetMinutes) > 59) return undefined
  const offset = (Number(offsetHours) * 60 + Number(offsetMinutes)) * 60_000 * (sign === '-' ? -1 : 1)
  const at = local - offset
  if (at < 0 || at >= LAST) return undefined
  return micros(at * 1_000 + Number(fraction.padEnd(6, '0').slice(0, 6)))
}
