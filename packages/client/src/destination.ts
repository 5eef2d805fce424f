import { type Digits, selectorKey } from './rule-index.ts'

/** The mobile network that a message goes to, as far as it is known; `mnc` of two digits is not that of three. */
export type Network = Readonly<{ mcc?: string; mnc?: string }>

/** ITU-T E.164 §6: at most 15 digits, the first of them not 0. */
const E164 = /^\+?[1-9][0-9]{0,14}$/
const MCC = /^[0-9]{3}$/
const MNC = /^[0-9]{2,3}$/

/** Throws a TypeError that names the argument, without the number: it is a person's. */
export function digitsOf(to: string): Digits {
  if (typeof to !== 'string' || !E164.test(to)) {
    throw new TypeError('to must be text of 1-15 digits, the first of them not 0, with or without a + before them')
  }
  return { value: Number(to), count: to.startsWith('+') ? to.length - 1 : to.length }
}

/** The keys of the selectors that take the network in, the most specific first. Throws a TypeError that names the argument. */
export function selectorsOf({ mcc, mnc }: Network): readonly string[] {
  if (mcc !== undefined && !matches(MCC, mcc)) throw new TypeError('mcc must be text of three digits')
  if (mnc !== undefined && !matches(MNC, mnc)) throw new TypeError('mnc must be text of two or three digits')
  if (mcc !== undefined) return mnc === undefined ? [mcc, ''] : [selectorKey(mcc, mnc), mcc, '']
  if (mnc !== undefined) throw new TypeError('mnc needs an mcc')
  return ['']
}

/** From plain JavaScript it may be a number, which has lost its zeros. */
const matches = (pattern: RegExp, value: unknown): boolean => typeof value === 'string' && pattern.test(value)
