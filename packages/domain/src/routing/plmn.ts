import type { Brand } from '../brand.ts'
import { invalid } from '../errors.ts'

/** Mobile country code (ITU-T E.212). */
export type Mcc = Brand<string, 'Mcc'>
/** Mobile network code, text: network `01` is not network `001`. */
export type Mnc = Brand<string, 'Mnc'>

/** Which mobile networks a rule is for: all, those of a country, or one. A network code alone means nothing. */
export type PlmnSelector = Readonly<{ mcc: null; mnc: null } | { mcc: Mcc; mnc: Mnc | null }>

export const MCC_PATTERN = '^[0-9]{3}$'
export const MNC_PATTERN = '^[0-9]{2,3}$'
export const ANY_PLMN: PlmnSelector = { mcc: null, mnc: null }

const mccPattern = new RegExp(MCC_PATTERN)
const mncPattern = new RegExp(MNC_PATTERN)

/** Rejects with INVALID_PAYLOAD naming `mcc` or `mnc`. */
export function plmnSelector(raw: Readonly<{ mcc?: string | null; mnc?: string | null }>): PlmnSelector {
  const { mcc = null, mnc = null } = raw
  if (mcc !== null && !mccPattern.test(mcc)) throw invalid('mcc', 'must be three digits')
  if (mnc !== null && !mncPattern.test(mnc)) throw invalid('mnc', 'must be two or three digits')
  if (mcc === null && mnc !== null) throw invalid('mnc', 'needs an mcc')
  return mcc === null ? ANY_PLMN : { mcc: mcc as Mcc, mnc: mnc as Mnc | null }
}

/** The selector of whatever has one, alone. */
export const selectorOf = (of: PlmnSelector): PlmnSelector =>
  of.mcc === null ? ANY_PLMN : { mcc: of.mcc, mnc: of.mnc }

/** Whether some network is meant by both. */
export const selectorsOverlap = (a: PlmnSelector, b: PlmnSelector): boolean =>
  agree(a.mcc, b.mcc) && agree(a.mnc, b.mnc)

const agree = (a: string | null, b: string | null): boolean => a === null || b === null || a === b

/** 0 for every network, 1 for those of a country, 2 for one. */
export const plmnSpecificity = ({ mcc, mnc }: PlmnSelector): number => (mcc === null ? 0 : mnc === null ? 1 : 2)

/**
 * Whether a rule's selector takes in the network of a message, of which the country or the whole may be unknown:
 * NOT_GIVEN when only the unknown part could tell.
 */
export function plmnMatch(selector: PlmnSelector, network: PlmnSelector): 'MATCH' | 'MISMATCH' | 'NOT_GIVEN' {
  if (!selectorsOverlap(selector, network)) return 'MISMATCH'
  return plmnSpecificity(selector) > plmnSpecificity(network) ? 'NOT_GIVEN' : 'MATCH'
}
