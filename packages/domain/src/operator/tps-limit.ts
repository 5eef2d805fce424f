import { invalid } from '../errors.ts'
import { collectFieldErrors } from '../field-errors.ts'

export const ENFORCEMENT_MODES = ['HARD_REJECT', 'SOFT_THROTTLE'] as const
export type EnforcementMode = (typeof ENFORCEMENT_MODES)[number]

/** `maxTps` counts segments (`submit_sm` PDUs) per second; `burstWindowMs` is the sliding window in milliseconds. */
export type TpsLimit = Readonly<{
  maxTps: number
  burstMultiplier: number
  burstWindowMs: number
  enforcementMode: EnforcementMode
}>

export const TPS_LIMIT_DEFAULTS = {
  burstMultiplier: 1.5,
  burstWindowMs: 1_000,
  enforcementMode: 'HARD_REJECT',
} as const satisfies Partial<TpsLimit>

export const TPS_LIMIT_BOUNDS = {
  maxTps: { minimum: 1, maximum: 1_000_000 },
  burstMultiplier: { minimum: 1, maximum: 99.99 },
  burstWindowMs: { minimum: 100, maximum: 60_000 },
} as const

/** Rejects with INVALID_PAYLOAD naming every member at fault, led by `path` where that is not empty. */
export function tpsLimit(raw: Pick<TpsLimit, 'maxTps'> & Partial<TpsLimit>, path = 'tpsLimit'): TpsLimit {
  const limit = { ...TPS_LIMIT_DEFAULTS, ...raw }
  const check = (name: keyof typeof TPS_LIMIT_BOUNDS, ok: (value: number) => boolean, what: string) => {
    const { minimum, maximum } = TPS_LIMIT_BOUNDS[name]
    const value = limit[name]
    if (value < minimum || value > maximum || !ok(value)) {
      throw invalid([path, name].filter(Boolean).join('.'), `must be ${what} from ${minimum} to ${maximum}`)
    }
  }
  const { field, assertNone } = collectFieldErrors()
  field(() => check('maxTps', Number.isInteger, 'an integer'))
  field(() => check('burstMultiplier', hasAtMostTwoDecimals, 'a number with at most two decimals'))
  field(() => check('burstWindowMs', Number.isInteger, 'an integer'))
  assertNone()
  return limit
}

// The column is numeric(4,2): a third decimal would be rounded in silence.
const hasAtMostTwoDecimals = (value: number): boolean => Number(value.toFixed(2)) === value
