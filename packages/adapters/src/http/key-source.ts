import { DomainError } from '@oms/domain'
import { createPublicKey, type KeyObject } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { type CryptoKey, createLocalJWKSet, errors, type JSONWebKeySet, type JWSHeaderParameters } from 'jose'
import type { HttpLog } from './ports.ts'

/** Finds the key that a token says it was signed with. */
export type KeySource = (header: JWSHeaderParameters) => Promise<CryptoKey | KeyObject>

export type JwksSettings = Readonly<{
  url: string
  log: HttpLog
  timeoutMs?: number
  /** Least time between two fetches, so that made-up key ids cannot burden the issuer. */
  cooldownMs?: number
  /** Age from which keys are fetched anew in the background. */
  refreshMs?: number
  /** Age until which keys serve while the issuer is out of reach. */
  keepMs?: number
  now?: () => number
}>

const HOUR_MS = 3_600_000

/** The one key in a PEM file (SPKI). Throws when the file does not hold a public key. */
export function publicKeyFromFile(path: string): KeySource {
  const key = publicKeyIn(readFileSync(path))
  return async () => key
}

function publicKeyIn(pem: Buffer): KeyObject {
  try {
    return createPublicKey(pem)
  } catch (cause) {
    throw new Error('the file does not hold a public key in PEM', { cause })
  }
}

/**
 * The issuer's JWKS, kept for 24 h while it is out of reach. Rejects with DEPENDENCY_UNAVAILABLE when the key cannot be
 * known because of that, and with jose's own errors when there is no such key.
 */
export function createJwksSource(settings: JwksSettings): KeySource {
  const { url, log, timeoutMs = 2_000, cooldownMs = 30_000, refreshMs = HOUR_MS / 6, keepMs = 24 * HOUR_MS } = settings
  const now = settings.now ?? (() => performance.now())
  let find: ReturnType<typeof createLocalJWKSet> | undefined
  let fetchedAt = Number.NEGATIVE_INFINITY
  let triedAt = Number.NEGATIVE_INFINITY
  let failed = false
  let fetching: Promise<void> | undefined

  async function fetchKeys(): Promise<void> {
    triedAt = now()
    try {
      const answer = await fetch(url, { signal: AbortSignal.timeout(timeoutMs), redirect: 'error' })
      if (!answer.ok) throw new Error(`the JWKS endpoint answered ${answer.status}`)
      find = createLocalJWKSet((await answer.json()) as JSONWebKeySet)
      fetchedAt = now()
      failed = false
    } catch (error) {
      failed = true
      log.warn({ err: error, url }, 'JWKS could not be fetched')
    }
  }

  /** Shared by all who wait; a failed attempt is repeated after a second, a good one after the cooldown. */
  function refresh(): Promise<void> {
    const waitMs = failed ? Math.min(cooldownMs, 1_000) : cooldownMs
    if (fetching === undefined && now() - triedAt >= waitMs) {
      fetching = fetchKeys().finally(() => {
        fetching = undefined
      })
    }
    return fetching ?? Promise.resolve()
  }

  const outOfReach = () => new DomainError('DEPENDENCY_UNAVAILABLE', 'the keys of the token issuer are out of reach')

  return async (header) => {
    if (now() - fetchedAt > keepMs) await refresh()
    else if (now() - fetchedAt > refreshMs) void refresh()
    if (find === undefined || now() - fetchedAt > keepMs) throw outOfReach()
    try {
      return await find(header)
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey)) throw error
      await refresh()
      if (failed) throw outOfReach()
      return await find(header)
    }
  }
}
