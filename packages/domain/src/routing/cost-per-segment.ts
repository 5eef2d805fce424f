import type { Brand } from '../brand.ts'
import { invalid } from '../errors.ts'

/** What a carrier charges for one segment: decimal text with six places, as in `0.004200`. */
export type CostPerSegment = Brand<string, 'CostPerSegment'>

export const COST_PATTERN = '^(?:0|[1-9][0-9]{0,11})(?:\\.[0-9]{1,6})?$'
export const COST_PLACES = 6

const pattern = new RegExp(COST_PATTERN)
/** What every double keeps of a decimal number: with more, the number that arrived may not be the one that was sent. */
const EXACT_DIGITS = 15

/**
 * From decimal text, or from a number that a double holds exactly as it was written. Rejects with INVALID_PAYLOAD;
 * nothing is rounded.
 */
export function costPerSegment(raw: string | number, path = 'costPerSegment'): CostPerSegment {
  const text = String(raw)
  if (!pattern.test(text)) throw invalid(path, `must be from 0 to below 10^12 with at most ${COST_PLACES} decimals`)
  if (typeof raw === 'number' && text.replace('.', '').length > EXACT_DIGITS) {
    throw invalid(path, `must be given as text when it has more than ${EXACT_DIGITS} digits`)
  }
  const [whole, fraction = ''] = text.split('.')
  return `${whole}.${fraction.padEnd(COST_PLACES, '0')}` as CostPerSegment
}

/** Negative when `a` is the lower one. Both in the same currency. */
export function compareCosts(a: CostPerSegment, b: CostPerSegment): number {
  const [left, right] = [micros(a), micros(b)]
  return left < right ? -1 : left > right ? 1 : 0
}

const micros = (cost: CostPerSegment): bigint => BigInt(cost.replace('.', ''))
