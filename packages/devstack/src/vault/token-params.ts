import { type Body, durationOf, flagOf, listOf, numberOf } from './input.ts'
import { badRequest } from './reply.ts'
import type { TokenParams } from './state.ts'
import { MAX_TTL } from './tokens.ts'

export const newTokenParams = (): TokenParams => ({
  policies: [],
  ttl: 0,
  maxTtl: 0,
  explicitMaxTtl: 0,
  period: 0,
  numUses: 0,
  noDefaultPolicy: false,
})

/** The `token_*` members that all login methods share; the bare older names are still taken. */
export function readTokenParams(body: Body, before: TokenParams): TokenParams {
  const params = {
    policies: listOf(body, 'token_policies') ?? listOf(body, 'policies') ?? before.policies,
    ttl: durationOf(body, 'token_ttl') ?? durationOf(body, 'ttl') ?? before.ttl,
    maxTtl: durationOf(body, 'token_max_ttl') ?? durationOf(body, 'max_ttl') ?? before.maxTtl,
    explicitMaxTtl: durationOf(body, 'token_explicit_max_ttl') ?? before.explicitMaxTtl,
    period: durationOf(body, 'token_period') ?? durationOf(body, 'period') ?? before.period,
    numUses: numberOf(body, 'token_num_uses') ?? before.numUses,
    noDefaultPolicy: flagOf(body, 'token_no_default_policy') ?? before.noDefaultPolicy,
  }
  if (params.policies.includes('root')) throw badRequest('auth methods cannot create root tokens')
  if (params.ttl > (params.maxTtl || MAX_TTL)) throw badRequest("'token_ttl' cannot be greater than 'token_max_ttl'")
  return params
}

export const describeTokenParams = (params: TokenParams) => ({
  token_bound_cidrs: [],
  token_explicit_max_ttl: params.explicitMaxTtl,
  token_max_ttl: params.maxTtl,
  token_no_default_policy: params.noDefaultPolicy,
  token_num_uses: params.numUses,
  token_period: params.period,
  token_policies: params.policies,
  token_ttl: params.ttl,
  token_type: 'default',
})
