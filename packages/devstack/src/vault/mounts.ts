import { newKvConfig } from './kv.ts'
import { randomText } from './random.ts'
import type { AuthMount, Mount, Namespace, State } from './state.ts'

/** What every token may do that does not ask to be without it. */
const DEFAULT_POLICY = `
path "auth/token/lookup-self" { capabilities = ["read"] }
path "auth/token/renew-self" { capabilities = ["update"] }
path "auth/token/revoke-self" { capabilities = ["update"] }
path "sys/capabilities-self" { capabilities = ["update"] }
`

export const newMount = (description = ''): Mount => ({
  accessor: `kv_${randomText(8)}`,
  description,
  config: newKvConfig(),
  keys: new Map(),
})

export function newAuthMount(type: AuthMount['type'], description = ''): AuthMount {
  const base = { accessor: `auth_${type}_${randomText(8)}`, description }
  if (type === 'token') return { ...base, type }
  if (type === 'approle') return { ...base, type, roles: new Map() }
  return { ...base, type, config: null, roles: new Map() }
}

export const newNamespace = (): Namespace => ({
  mounts: new Map(),
  auths: new Map([['token/', newAuthMount('token', 'token based credentials')]]),
  policies: new Map([['default', DEFAULT_POLICY.trimStart()]]),
})

/** As a Vault in dev mode begins: KV v2 at `secret/`, token login only. */
export function newState(clusterId: string): State {
  const root = newNamespace()
  root.mounts.set('secret/', newMount('key/value secret storage'))
  return { clusterId, namespaces: new Map([['', root]]), tokens: new Map() }
}

/** A namespace is there from its first use on. */
export function namespaceOf(state: State, name: string): Namespace {
  const found = state.namespaces.get(name) ?? newNamespace()
  state.namespaces.set(name, found)
  return found
}

/** The longest mount that the path lies under, and what follows it. */
export function findMount<T>(
  mounts: ReadonlyMap<string, T>,
  path: string,
): { mount: T; at: string; rest: string } | undefined {
  let found: { mount: T; at: string; rest: string } | undefined
  for (const [at, mount] of mounts) {
    if (path.startsWith(at) && at.length > (found?.at.length ?? 0)) found = { mount, at, rest: path.slice(at.length) }
  }
  return found
}
