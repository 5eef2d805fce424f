import type { Brand } from '../brand.ts'
import { invalid } from '../errors.ts'

/** The leading digits of the numbers that a rule is for, written as E.164: `+9370`. */
export type Prefix = Brand<string, 'Prefix'>

/** ITU-T E.164 §6: at most 15 digits, the first of them not 0. */
export const PREFIX_PATTERN = '^\\+[1-9][0-9]{0,14}$'
export const MAX_DIGITS = 15

const pattern = new RegExp(PREFIX_PATTERN)

export function prefix(raw: string, path = 'prefix'): Prefix {
  if (!pattern.test(raw)) throw invalid(path, `must be + and 1-${MAX_DIGITS} digits, the first of them not 0`)
  return raw as Prefix
}

/** A number, or the beginning of one, that a message goes to. Rejects with INVALID_PAYLOAD. */
export function destination(raw: string, path: string): Prefix {
  // An unescaped + of a query string arrives as a blank.
  return prefix(raw.startsWith(' ') ? `+${raw.slice(1)}` : raw, path)
}

/** How one prefix stands to another: SHADOWS when it holds all numbers of the other and more. */
export type PrefixRelation = 'EQUAL' | 'SHADOWS' | 'SHADOWED_BY'

/** How `a` stands to `b`; undefined when no number has both. There is no fourth case. */
export function prefixRelation(a: Prefix, b: Prefix): PrefixRelation | undefined {
  if (a === b) return 'EQUAL'
  if (b.startsWith(a)) return 'SHADOWS'
  return a.startsWith(b) ? 'SHADOWED_BY' : undefined
}

/** Every prefix that `number` has, itself included, longest first: at most 15. */
export const prefixesOf = (number: Prefix): readonly Prefix[] =>
  Array.from({ length: number.length - 1 }, (_, cut) => number.slice(0, number.length - cut) as Prefix)

/** Digits, which is what counts for the longest match. */
export const prefixLength = (prefix: Prefix): number => prefix.length - 1
