import { randomText } from './random.ts'
import { badRequest } from './reply.ts'
import type { State, Token, TokenParams } from './state.ts'

/** The system's own bounds, in seconds: 32 days, as Vault has them. */
export const DEFAULT_TTL = 768 * 3_600
export const MAX_TTL = 768 * 3_600

export type NewToken = Omit<Token, 'id' | 'accessor' | 'createdAt' | 'renewedAt' | 'expiresAt' | 'ttl'> & {
  id?: string | undefined
  /** undefined: the default; null: never expires. */
  ttl?: number | null | undefined
}

export function issueToken(state: State, wanted: NewToken, now: number): Token {
  forgetExpired(state, now)
  const { ttl, ...rest } = wanted
  const token: Token = {
    ...rest,
    id: wanted.id ?? `hvs.${randomText(24)}`,
    accessor: randomText(24),
    createdAt: now,
    renewedAt: null,
    expiresAt: null,
    ttl: 0,
  }
  if (ttl !== null) {
    token.ttl = bounded(token, ttl || DEFAULT_TTL, now)
    token.expiresAt = now + token.ttl * 1_000
  }
  if (state.tokens.has(token.id)) throw badRequest('cannot create a token with a duplicate ID')
  state.tokens.set(token.id, token)
  return token
}

/** A token after a login: no parent, life and policies as the role says. */
export function issueLogin(
  state: State,
  login: { params: TokenParams; path: string; namespace: string; displayName: string; meta: Record<string, string> },
  now: number,
): Token {
  const { params, ...rest } = login
  return issueToken(
    state,
    {
      ...rest,
      policies: [...new Set([...params.policies, ...(params.noDefaultPolicy ? [] : ['default'])])].sort(),
      parent: null,
      ttl: params.ttl,
      maxTtl: params.maxTtl,
      explicitMaxTtl: params.explicitMaxTtl,
      period: params.period,
      renewable: true,
      usesLeft: params.numUses,
    },
    now,
  )
}

/** The seconds that a life beginning now may last: a period stands over the maximum, an explicit maximum over all. */
function bounded(token: Token, wanted: number, now: number): number {
  const explicit = token.explicitMaxTtl || Infinity
  const max = token.period > 0 ? explicit : Math.min(explicit, token.maxTtl || MAX_TTL, MAX_TTL)
  const left = max - Math.ceil((now - token.createdAt) / 1_000)
  return Math.min(token.period > 0 ? token.period : wanted, left)
}

/** A token that may be used now: known, not expired, not used up, and so are all its ancestors. */
export function liveToken(state: State, id: string | undefined, now: number): Token | undefined {
  const token = id === undefined ? undefined : state.tokens.get(id)
  if (token === undefined || token.usesLeft < 0) return undefined
  for (let at: Token | undefined = token; at !== undefined; ) {
    if (at.expiresAt !== null && at.expiresAt <= now) return undefined
    if (at.parent === null) return token
    at = state.tokens.get(at.parent)
  }
  return undefined
}

export function renewToken(token: Token, increment: number | undefined, now: number): void {
  if (!token.renewable || token.expiresAt === null) throw badRequest('lease is not renewable')
  const seconds = bounded(token, increment || token.ttl, now)
  if (seconds <= 0) throw badRequest('past the max TTL, cannot renew')
  token.expiresAt = now + seconds * 1_000
  token.renewedAt = now
}

/** With all its children, and theirs. */
export function revokeToken(state: State, id: string): void {
  state.tokens.delete(id)
  for (const child of [...state.tokens.values()]) if (child.parent === id) revokeToken(state, child.id)
}

/** Counts one use; the last one leaves the token good for the request at hand only. */
export function countUse(token: Token): boolean {
  if (token.usesLeft === 0) return false
  token.usesLeft = token.usesLeft === 1 ? -1 : token.usesLeft - 1
  return true
}

function forgetExpired(state: State, now: number): void {
  for (const { id, expiresAt } of [...state.tokens.values()]) {
    if (expiresAt !== null && expiresAt <= now) revokeToken(state, id)
  }
}

export const secondsLeft = (token: Token, now: number): number =>
  token.expiresAt === null ? 0 : Math.max(0, Math.ceil((token.expiresAt - now) / 1_000))
