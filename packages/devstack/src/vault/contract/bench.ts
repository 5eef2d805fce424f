import { randomBytes } from 'node:crypto'
import type { Test } from 'tap'
import { createVaultCall, type VaultAddress, type VaultCall } from '../client.ts'

export type ContractTarget = VaultAddress &
  Readonly<{
    /** Judges service-account tokens by `pem_keys` alone. A real Vault also asks a Kubernetes API, which tests lack. */
    judgesServiceAccountsByKey?: boolean
  }>

/** One test's own corner: names that nobody else has, removed afterwards. */
export type Bench = Readonly<{
  call: VaultCall
  target: ContractTarget
  /** A KV v2 mount, without slashes. */
  mount: string
  unique(prefix: string): string
  /** Writes the policy and gives a token that has it, beside what `create` says. */
  tokenWith(policy: string | object, create?: object): Promise<string>
  /** An auth method enabled at a path of its own. */
  authMethod(type: string): Promise<string>
}>

export type OpenTarget = (t: Test) => Promise<ContractTarget>

export async function openBench(t: Test, open: OpenTarget): Promise<Bench> {
  const target = await open(t)
  const call = createVaultCall(target)
  const unique = (prefix: string) => `${prefix}-${randomBytes(6).toString('hex')}`
  const later = (method: string, path: string) => t.teardown(() => call(method, path))
  const mount = unique('contract')
  t.equal((await call('POST', `sys/mounts/${mount}`, { body: { type: 'kv', options: { version: '2' } } })).status, 204)
  later('DELETE', `sys/mounts/${mount}`)
  // A real Vault prepares a fresh KV v2 mount in the background and refuses calls until then.
  await eventually(async () => (await call('GET', `${mount}/config`)).status === 200)
  return {
    call,
    target,
    mount,
    unique,
    async tokenWith(policy, create = {}) {
      const name = unique('contract-policy')
      const text = typeof policy === 'string' ? policy : JSON.stringify(policy)
      const put = await call('PUT', `sys/policies/acl/${name}`, { body: { policy: text } })
      if (put.status >= 300) throw new Error(`the policy was refused: ${JSON.stringify(put.errors)}`)
      later('DELETE', `sys/policies/acl/${name}`)
      const { auth } = await call('POST', 'auth/token/create', { body: { policies: [name], ttl: '10m', ...create } })
      if (auth === null) throw new Error('no token was given')
      t.teardown(() => call('POST', 'auth/token/revoke-self', { token: auth.client_token }))
      return auth.client_token
    },
    async authMethod(type) {
      const path = unique(`contract-${type}`)
      t.equal((await call('POST', `sys/auth/${path}`, { body: { type } })).status, 204)
      later('DELETE', `sys/auth/${path}`)
      return path
    },
  }
}

/** Waits for a condition that time brings about. */
export async function eventually(holds: () => Promise<boolean>, limitMs = 20_000): Promise<void> {
  const end = Date.now() + limitMs
  while (!(await holds())) {
    if (Date.now() > end) throw new Error(`did not come true within ${limitMs} ms`)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}
