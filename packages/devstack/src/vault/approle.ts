import { randomUUID } from 'node:crypto'
import type { Call, Route, Scope } from './call.ts'
import { durationOf, flagOf, numberOf, textOf } from './input.ts'
import { badRequest, keys, loggedIn, noContent, notFound, ok, type Reply } from './reply.ts'
import type { AppRole, AuthMount, SecretId } from './state.ts'
import { describeTokenParams, newTokenParams, readTokenParams } from './token-params.ts'
import { describeAuth } from './token-routes.ts'
import { issueLogin } from './tokens.ts'

type Place = Readonly<{ mount: AuthMount & { type: 'approle' }; at: string; rest: string }>

/** developer.hashicorp.com/vault/api-docs/auth/approle */
export function appRoleRoute(scope: Scope, call: Call, place: Place): Route | undefined {
  const { roles } = place.mount
  const [area, name, ...more] = place.rest.split('/')
  if (place.rest === 'login') return { open: true, run: { write: () => login(scope, call, place) } }
  if (area !== 'role') return undefined
  if (name === undefined || name === '') return { run: { list: () => keys(roles.keys()) } }
  if (more.length === 0) return roleRoute(roles, name, call)
  const existing = roles.get(name)
  const role = () => {
    if (existing === undefined) throw notFound()
    return existing
  }
  switch (more.join('/')) {
    case 'role-id':
      return {
        run: {
          read: () => ok({ role_id: role().roleId }),
          write() {
            role().roleId = textOf(call.body, 'role_id') ?? role().roleId
            return noContent
          },
        },
      }
    case 'secret-id':
    case 'secret-id/':
      return {
        run: {
          write: () => addSecretId(role(), randomUUID(), call),
          list: () => keys([...role().secretIds.values()].map(({ accessor }) => accessor)),
        },
      }
    case 'custom-secret-id':
      return { run: { write: () => addSecretId(role(), required(call, 'secret_id'), call) } }
    case 'secret-id/lookup':
      return {
        run: {
          write() {
            const found = role().secretIds.get(required(call, 'secret_id'))
            return found === undefined ? noContent : ok(describeSecretId(found))
          },
        },
      }
    case 'secret-id/destroy':
      return {
        run: {
          write() {
            role().secretIds.delete(required(call, 'secret_id'))
            return noContent
          },
        },
      }
    default:
      return undefined
  }
}

function required(call: Call, name: string): string {
  const text = textOf(call.body, name)
  if (!text) throw badRequest(`missing ${name}`)
  return text
}

function roleRoute(roles: Map<string, AppRole>, name: string, call: Call): Route {
  const existing = roles.get(name)
  return {
    exists: existing !== undefined,
    run: {
      read() {
        if (existing === undefined) throw notFound()
        return ok(describeRole(existing))
      },
      write() {
        const role = existing ?? newRole()
        const changed: AppRole = {
          ...role,
          roleId: textOf(call.body, 'role_id') ?? role.roleId,
          bindSecretId: flagOf(call.body, 'bind_secret_id') ?? role.bindSecretId,
          secretIdTtl: durationOf(call.body, 'secret_id_ttl') ?? role.secretIdTtl,
          secretIdNumUses: numberOf(call.body, 'secret_id_num_uses') ?? role.secretIdNumUses,
          token: readTokenParams(call.body, role.token),
        }
        if (!changed.bindSecretId) throw badRequest('the development Vault has no role without a secret id')
        roles.set(name, changed)
        return noContent
      },
      delete() {
        roles.delete(name)
        return noContent
      },
    },
  }
}

const newRole = (): AppRole => ({
  roleId: randomUUID(),
  bindSecretId: true,
  secretIdTtl: 0,
  secretIdNumUses: 0,
  token: newTokenParams(),
  secretIds: new Map(),
})

const describeRole = (role: AppRole) => ({
  bind_secret_id: role.bindSecretId,
  local_secret_ids: false,
  secret_id_bound_cidrs: null,
  secret_id_num_uses: role.secretIdNumUses,
  secret_id_ttl: role.secretIdTtl,
  ...describeTokenParams(role.token),
})

function addSecretId(role: AppRole, secret: string, call: Call): Reply {
  if (role.secretIds.has(secret)) throw badRequest('SecretID is already registered')
  const ttl = durationOf(call.body, 'ttl') || role.secretIdTtl
  const entry: SecretId = {
    accessor: randomUUID(),
    createdAt: call.now,
    expiresAt: ttl === 0 ? null : call.now + ttl * 1_000,
    ttl,
    usesLeft: numberOf(call.body, 'num_uses') || role.secretIdNumUses,
  }
  role.secretIds.set(secret, entry)
  return ok({
    secret_id: secret,
    secret_id_accessor: entry.accessor,
    secret_id_num_uses: entry.usesLeft,
    secret_id_ttl: ttl,
  })
}

const describeSecretId = (entry: SecretId) => ({
  creation_time: new Date(entry.createdAt).toISOString(),
  expiration_time: entry.expiresAt === null ? '0001-01-01T00:00:00Z' : new Date(entry.expiresAt).toISOString(),
  secret_id_accessor: entry.accessor,
  secret_id_num_uses: entry.usesLeft,
  secret_id_ttl: entry.ttl,
})

/** Which of the two was wrong is not told. */
function login(scope: Scope, call: Call, { mount, at }: Place): Reply {
  const roleId = required(call, 'role_id')
  const secretId = required(call, 'secret_id')
  const [name, role] = [...mount.roles].find(([, candidate]) => candidate.roleId === roleId) ?? []
  const secret = role?.secretIds.get(secretId)
  const live = secret !== undefined && (secret.expiresAt === null || secret.expiresAt > call.now)
  if (name === undefined || role === undefined || !live) throw badRequest('invalid role or secret ID')
  if (secret.usesLeft === 1) role.secretIds.delete(secretId)
  else if (secret.usesLeft > 1) secret.usesLeft -= 1
  const token = issueLogin(
    scope.state,
    {
      params: role.token,
      path: `auth/${at}login`,
      namespace: call.namespace,
      displayName: at.slice(0, -1),
      meta: { role_name: name },
    },
    call.now,
  )
  return loggedIn(describeAuth(token, call.now))
}
