import { createPublicKey, type KeyObject, X509Certificate } from 'node:crypto'
import { type JWTPayload, errors, jwtVerify } from 'jose'
import type { Call, Route, Scope } from './call.ts'
import { listOf, textOf } from './input.ts'
import {
  badRequest,
  keys,
  loggedIn,
  noContent,
  notFound,
  ok,
  permissionDenied,
  type Reply,
  VaultError,
} from './reply.ts'
import type { AuthMount, KubernetesConfig, KubernetesRole } from './state.ts'
import { describeTokenParams, newTokenParams, readTokenParams } from './token-params.ts'
import { describeAuth } from './token-routes.ts'
import { issueLogin } from './tokens.ts'

type Place = Readonly<{ mount: AuthMount & { type: 'kubernetes' }; at: string; rest: string }>

/**
 * developer.hashicorp.com/vault/api-docs/auth/kubernetes, with one difference: there is no cluster to ask for a
 * TokenReview, so a service-account token is judged by `pem_keys` alone.
 */
export function kubernetesRoute(scope: Scope, call: Call, place: Place): Route | undefined {
  const { mount, rest } = place
  if (rest === 'login') return { open: true, run: { write: () => login(scope, call, place) } }
  if (rest === 'config') return configRoute(mount, call)
  const [area, name, ...more] = rest.split('/')
  if (area !== 'role' || more.length > 0) return undefined
  if (name === undefined || name === '') return { run: { list: () => keys(mount.roles.keys()) } }
  return roleRoute(mount.roles, name, call)
}

function configRoute(mount: Place['mount'], call: Call): Route {
  return {
    run: {
      read() {
        if (mount.config === null) throw notFound()
        const { host, caCert, pemKeys, issuer } = mount.config
        return ok({
          kubernetes_host: host,
          kubernetes_ca_cert: caCert,
          pem_keys: pemKeys,
          issuer,
          disable_iss_validation: issuer === '',
          disable_local_ca_jwt: true,
          token_reviewer_jwt_set: false,
        })
      },
      write() {
        const host = textOf(call.body, 'kubernetes_host')
        if (!host) throw badRequest('no host provided')
        const pemKeys = pemList(call)
        pemKeys.forEach(publicKey)
        mount.config = {
          host,
          caCert: textOf(call.body, 'kubernetes_ca_cert') ?? '',
          pemKeys,
          issuer: call.body.disable_iss_validation === false ? (textOf(call.body, 'issuer') ?? '') : '',
        }
        return noContent
      },
    },
  }
}

/** PEM holds no comma, so the common reading of lists holds. */
const pemList = (call: Call): string[] => listOf(call.body, 'pem_keys') ?? []

function publicKey(pem: string): KeyObject {
  try {
    return pem.includes('BEGIN CERTIFICATE') ? new X509Certificate(pem).publicKey : createPublicKey(pem)
  } catch {
    throw badRequest('error parsing PEM encoded keys')
  }
}

function roleRoute(roles: Map<string, KubernetesRole>, name: string, call: Call): Route {
  const existing = roles.get(name)
  return {
    exists: existing !== undefined,
    run: {
      read() {
        if (existing === undefined) throw notFound()
        return ok(describeRole(existing))
      },
      write() {
        const role: KubernetesRole = {
          names: listOf(call.body, 'bound_service_account_names') ?? existing?.names ?? [],
          namespaces: listOf(call.body, 'bound_service_account_namespaces') ?? existing?.namespaces ?? [],
          audience: textOf(call.body, 'audience') ?? existing?.audience ?? '',
          token: readTokenParams(call.body, existing?.token ?? newTokenParams()),
        }
        if (role.names.length === 0) throw badRequest('"bound_service_account_names" can not be empty')
        if (role.namespaces.length === 0) throw badRequest('"bound_service_account_namespaces" can not be empty')
        roles.set(name, role)
        return noContent
      },
      delete() {
        roles.delete(name)
        return noContent
      },
    },
  }
}

const describeRole = (role: KubernetesRole) => ({
  alias_name_source: 'serviceaccount_uid',
  audience: role.audience,
  bound_service_account_names: role.names,
  bound_service_account_namespaces: role.namespaces,
  ...describeTokenParams(role.token),
})

async function login(scope: Scope, call: Call, { mount, at }: Place): Promise<Reply> {
  const name = textOf(call.body, 'role')
  const jwt = textOf(call.body, 'jwt')
  if (!name) throw badRequest('missing role')
  if (!jwt) throw badRequest('missing jwt')
  const role = mount.roles.get(name)
  if (role === undefined) throw badRequest(`invalid role name "${name}"`)
  if (mount.config === null) throw badRequest('could not load backend configuration')
  const account = serviceAccount(await verified(jwt, mount.config, { audience: role.audience, now: call.now }))
  if (!bound(role.names, account.name)) throw new VaultError(403, 'service account name not authorized')
  if (!bound(role.namespaces, account.namespace)) throw new VaultError(403, 'namespace not authorized')
  const token = issueLogin(
    scope.state,
    {
      params: role.token,
      path: `auth/${at}login`,
      namespace: call.namespace,
      displayName: `${at.slice(0, -1)}-${account.namespace}-${account.name}`,
      meta: {
        role: name,
        service_account_name: account.name,
        service_account_namespace: account.namespace,
        service_account_secret_name: '',
        service_account_uid: account.uid,
      },
    },
    call.now,
  )
  return loggedIn(describeAuth(token, call.now))
}

const bound = (allowed: readonly string[], value: string) => allowed.includes('*') || allowed.includes(value)

const ALGORITHMS = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512']

async function verified(
  jwt: string,
  config: KubernetesConfig,
  { audience, now }: { audience: string; now: number },
): Promise<JWTPayload> {
  for (const pem of config.pemKeys) {
    try {
      const { payload } = await jwtVerify(jwt, publicKey(pem), {
        algorithms: ALGORITHMS,
        currentDate: new Date(now),
        ...(audience !== '' && { audience }),
        ...(config.issuer !== '' && { issuer: config.issuer }),
      })
      return payload
    } catch (error) {
      // Signed by this key and still refused: another key cannot make it good.
      if (error instanceof errors.JWTExpired || error instanceof errors.JWTClaimValidationFailed) {
        throw new VaultError(403, `error validating token: ${error.code}`)
      }
    }
  }
  throw permissionDenied()
}

/** Projected tokens carry one nested claim, those of before Kubernetes 1.21 several flat ones. */
function serviceAccount(claims: JWTPayload): { name: string; namespace: string; uid: string } {
  const nested = claims['kubernetes.io'] as
    | { namespace?: unknown; serviceaccount?: { name?: unknown; uid?: unknown } }
    | undefined
  const flat = (name: string) => claims[`kubernetes.io/serviceaccount/${name}`]
  const name = nested?.serviceaccount?.name ?? flat('service-account.name')
  const uid = nested?.serviceaccount?.uid ?? flat('service-account.uid') ?? ''
  const namespace = nested?.namespace ?? flat('namespace')
  if (typeof name !== 'string' || typeof namespace !== 'string' || typeof uid !== 'string') throw permissionDenied()
  return { name, namespace, uid }
}
