import { allows } from './acl.ts'
import type { Call, Route, Scope } from './call.ts'
import { durationOf, flagOf, listOf, numberOf, textOf, textsOf } from './input.ts'
import { badRequest, loggedIn, noContent, ok, type Reply, VaultError } from './reply.ts'
import type { Token } from './state.ts'
import { issueToken, liveToken, renewToken, revokeToken, secondsLeft } from './tokens.ts'

/** developer.hashicorp.com/vault/api-docs/auth/token */
export function tokenRoute(scope: Scope, call: Call, rest: string): Route | undefined {
  const caller = () => {
    if (scope.caller === undefined) throw new Error('a token route was reached without a token')
    return scope.caller
  }
  const given = () => textOf(call.body, 'token') ?? ''
  switch (rest) {
    case 'create':
      return { run: { write: () => create({ ...scope, caller: caller() }, call, false) } }
    case 'create-orphan':
      return { sudo: true, run: { write: () => create({ ...scope, caller: caller() }, call, true) } }
    case 'lookup-self':
      return {
        run: { read: () => ok(describeToken(caller(), call.now)), write: () => ok(describeToken(caller(), call.now)) },
      }
    case 'lookup':
      return {
        run: {
          write() {
            const token = liveToken(scope.state, given(), call.now)
            if (token === undefined) throw new VaultError(403, 'bad token')
            return ok(describeToken(token, call.now))
          },
        },
      }
    case 'renew-self':
      return { run: { write: () => renew(caller(), call) } }
    case 'renew':
      return {
        run: {
          write() {
            const token = liveToken(scope.state, given(), call.now)
            if (token === undefined) throw badRequest('token not found')
            return renew(token, call)
          },
        },
      }
    case 'revoke-self':
      return { run: { write: () => revoke(scope, caller().id) } }
    case 'revoke':
      return {
        run: {
          write() {
            if (!scope.state.tokens.has(given())) throw badRequest('token to revoke not found')
            return revoke(scope, given())
          },
        },
      }
    default:
      return undefined
  }
}

function create(scope: Scope & { caller: Token }, call: Call, orphan: boolean): Reply {
  const parent = scope.caller
  const { body, now } = call
  const sudo = allows(scope, call, 'sudo')
  const wanted = listOf(body, 'policies')
  const policies = new Set(wanted ?? parent.policies)
  if (!sudo && ![...policies].every((policy) => parent.policies.includes(policy))) {
    throw badRequest('child policies must be subset of parent')
  }
  if (policies.has('root') && !parent.policies.includes('root')) {
    throw badRequest('root tokens may not be created without parent token being root')
  }
  if (flagOf(body, 'no_default_policy') === true) policies.delete('default')
  else if (!policies.has('root') && (sudo || parent.policies.includes('default'))) policies.add('default')
  const id = textOf(body, 'id')
  const period = durationOf(body, 'period') ?? 0
  const noParent = flagOf(body, 'no_parent') === true
  if (!sudo && (id !== undefined || period > 0 || noParent)) {
    throw badRequest('root or sudo privileges required to create a token with an id, a period or no parent')
  }
  const ttl = durationOf(body, 'ttl')
  const token = issueToken(
    scope.state,
    {
      id,
      namespace: call.namespace,
      policies: [...policies].sort(),
      meta: textsOf(body, 'meta') ?? null,
      displayName: `token${textOf(body, 'display_name') ? `-${textOf(body, 'display_name')}` : ''}`,
      path: `auth/token/${orphan ? 'create-orphan' : 'create'}`,
      parent: orphan || noParent ? null : parent.id,
      ttl: policies.has('root') && !ttl && period === 0 ? null : ttl,
      maxTtl: 0,
      explicitMaxTtl: durationOf(body, 'explicit_max_ttl') ?? 0,
      period,
      renewable: flagOf(body, 'renewable') ?? true,
      usesLeft: numberOf(body, 'num_uses') ?? 0,
    },
    now,
  )
  const known = (policy: string) => policy === 'root' || scope.space.policies.has(policy)
  return loggedIn(
    describeAuth(token, now),
    token.policies.filter((policy) => !known(policy)).map((policy) => `Policy "${policy}" does not exist`),
  )
}

function renew(token: Token, call: Call): Reply {
  renewToken(token, durationOf(call.body, 'increment'), call.now)
  return loggedIn(describeAuth(token, call.now))
}

function revoke(scope: Scope, id: string): Reply {
  revokeToken(scope.state, id)
  return noContent
}

export const describeAuth = (token: Token, now: number) => ({
  client_token: token.id,
  accessor: token.accessor,
  policies: token.policies,
  token_policies: token.policies,
  metadata: token.meta,
  lease_duration: secondsLeft(token, now),
  renewable: token.renewable && token.expiresAt !== null,
  entity_id: '',
  token_type: 'service',
  orphan: token.parent === null,
  mfa_requirement: null,
  num_uses: Math.max(0, token.usesLeft),
})

const seconds = (millis: number) => Math.floor(millis / 1_000)

const describeToken = (token: Token, now: number) => ({
  accessor: token.accessor,
  creation_time: seconds(token.createdAt),
  creation_ttl: token.ttl,
  display_name: token.displayName,
  entity_id: '',
  expire_time: token.expiresAt === null ? null : new Date(token.expiresAt).toISOString(),
  explicit_max_ttl: token.explicitMaxTtl,
  id: token.id,
  issue_time: new Date(token.createdAt).toISOString(),
  ...(token.renewedAt !== null && {
    last_renewal: new Date(token.renewedAt).toISOString(),
    last_renewal_time: seconds(token.renewedAt),
  }),
  meta: token.meta,
  num_uses: Math.max(0, token.usesLeft),
  orphan: token.parent === null,
  path: token.path,
  ...(token.period > 0 && { period: token.period }),
  policies: token.policies,
  renewable: token.renewable && token.expiresAt !== null,
  ttl: secondsLeft(token, now),
  type: 'service',
})
