import { DomainError, isDomainError } from '@oms/domain'
import { errors, type JWTPayload, jwtVerify } from 'jose'
import type { KeySource } from './key-source.ts'
import { createTokenCache } from './token-cache.ts'

/** The person or program that a token speaks for. */
export type Caller = Readonly<{ subject: string; scopes: ReadonlySet<string> }>

/** Rejects with UNAUTHENTICATED, or with DEPENDENCY_UNAVAILABLE when no key can be had. */
export type VerifyToken = (token: string) => Promise<Caller>

export type TokenVerifierSettings = Readonly<{
  keys: KeySource
  issuer: string
  audience: string
  clockToleranceSeconds?: number
  algorithms?: readonly string[]
}>

/** Asymmetric only: with HMAC, whoever has the public key could sign. */
const ALGORITHMS = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519']
const MAX_CACHED = 10_000
const SUBJECT = /^[\x21-\x7e]{1,255}$/

/** Verifies JWTs (RFC 7519) by signature, issuer, audience, expiry and subject; verified ones are remembered. */
export function createTokenVerifier(settings: TokenVerifierSettings): VerifyToken {
  const { keys, issuer, audience, clockToleranceSeconds = 30, algorithms = ALGORITHMS } = settings
  const options = {
    issuer,
    audience,
    clockTolerance: clockToleranceSeconds,
    algorithms: algorithms.filter((each) => ALGORITHMS.includes(each)),
    requiredClaims: ['exp', 'sub'],
  }
  const verified = createTokenCache<Caller>(MAX_CACHED)

  return async (token) => {
    const known = verified.get(token)
    if (known !== undefined) return known
    try {
      const { payload } = await jwtVerify(token, keys, options)
      const caller = toCaller(payload)
      verified.set(token, caller, (payload.exp ?? 0) * 1_000)
      return caller
    } catch (error) {
      if (isDomainError(error)) throw error
      throw new DomainError('UNAUTHENTICATED', reasonOf(error), { cause: error })
    }
  }
}

function toCaller(payload: JWTPayload): Caller {
  const { sub, scope, scp } = payload
  if (typeof sub !== 'string' || !SUBJECT.test(sub)) {
    throw new DomainError('UNAUTHENTICATED', 'the token has no usable subject')
  }
  return { subject: sub, scopes: new Set([...wordsOf(scope), ...wordsOf(scp)]) }
}

/** Scopes come as text with blanks (RFC 8693) or as an array, as some issuers have it. */
function wordsOf(claim: unknown): string[] {
  if (typeof claim === 'string') return claim.split(' ').filter((word) => word !== '')
  return Array.isArray(claim) ? claim.filter((word): word is string => typeof word === 'string') : []
}

/** Says which claim is at fault, not what it holds. */
function reasonOf(error: unknown): string {
  if (error instanceof errors.JWTExpired) return 'the token has expired'
  if (error instanceof errors.JWTClaimValidationFailed) return `the token's ${error.claim} is not acceptable`
  return 'the token is not valid'
}
