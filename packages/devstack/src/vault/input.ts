import { badRequest } from './reply.ts'

/** Readers of one JSON member. Undefined where it is absent, 400 where it has the wrong type. */

export type Body = Readonly<Record<string, unknown>>

const wrong = (name: string) => badRequest(`error converting input for field "${name}"`)

export function textOf(body: Body, name: string): string | undefined {
  const value = body[name]
  if (value === undefined || value === null) return undefined
  if (typeof value === 'string') return value
  if (typeof value === 'number') return String(value)
  throw wrong(name)
}

export function numberOf(body: Body, name: string): number | undefined {
  const value = body[name]
  if (value === undefined || value === null) return undefined
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value
  if (typeof number === 'number' && Number.isInteger(number) && number >= 0) return number
  throw wrong(name)
}

export function flagOf(body: Body, name: string): boolean | undefined {
  const value = body[name]
  if (value === undefined || value === null) return undefined
  if (typeof value === 'boolean') return value
  if (value === 'true' || value === 'false') return value === 'true'
  throw wrong(name)
}

/** A list, or text with commas. */
export function listOf(body: Body, name: string): string[] | undefined {
  const value = body[name]
  if (value === undefined || value === null) return undefined
  const items: unknown[] | undefined =
    typeof value === 'string' ? value.split(',') : Array.isArray(value) ? value : undefined
  if (!items?.every((item) => typeof item === 'string')) throw wrong(name)
  return items.map((item) => item.trim()).filter((item) => item !== '')
}

export function objectOf(body: Body, name: string): Record<string, unknown> | undefined {
  const value = body[name]
  if (value === undefined || value === null) return undefined
  if (typeof value !== 'object' || Array.isArray(value)) throw wrong(name)
  return value as Record<string, unknown>
}

export function textsOf(body: Body, name: string): Record<string, string> | undefined {
  const object = objectOf(body, name)
  return object && Object.fromEntries(Object.keys(object).map((key) => [key, textOf(object, key) ?? '']))
}

const UNITS: Readonly<Record<string, number>> = { d: 86_400, h: 3_600, m: 60, s: 1, ms: 0.001 }

/** Seconds, from 90, "90", "90s", "1h30m". */
export function durationOf(body: Body, name: string): number | undefined {
  const value = body[name]
  if (value === undefined || value === null || value === '') return undefined
  if (typeof value === 'number' && value >= 0) return Math.floor(value)
  if (typeof value !== 'string') throw wrong(name)
  if (/^\d+$/.test(value)) return Number(value)
  if (!/^(\d+(\.\d+)?(d|h|ms|m|s))+$/.test(value)) throw wrong(name)
  let seconds = 0
  for (const [, amount, unit] of value.matchAll(/(\d+(?:\.\d+)?)(d|h|ms|m|s)/g)) {
    seconds += Number(amount) * (UNITS[unit ?? ''] ?? 0)
  }
  return Math.floor(seconds)
}

/** As Go prints a duration: `0s`, `1h0m0s`. */
export function goDuration(seconds: number): string {
  const [h, m, s] = [Math.floor(seconds / 3_600), Math.floor(seconds / 60) % 60, seconds % 60]
  if (h > 0) return `${h}h${m}m${s}s`
  return m > 0 ? `${m}m${s}s` : `${s}s`
}
