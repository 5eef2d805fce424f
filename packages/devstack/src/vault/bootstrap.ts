import { readFile } from 'node:fs/promises'
import { createVaultCall, type VaultAddress, type VaultAnswer, type VaultCall } from './client.ts'

/** The apps that talk to Vault, with the policy of each. health-ingestor has none. */
const POLICY_OF = { 'admin-api': 'ops-service-policy', 'internal-api': 'ops-credentials-reader' } as const

export type VaultApp = keyof typeof POLICY_OF

export type BootstrapOptions = VaultAddress &
  Readonly<{
    /** Lets the apps in by the JWT of the service account of their name. */
    kubernetes?: Readonly<{
      /** Checks the JWTs' signatures. */
      publicKeyPem: string
      /** `https://kubernetes.default.svc`, if not given. */
      host?: string
      /** Kubernetes namespace of the service accounts; `ops`, if not given. */
      namespace?: string
      audience?: string
    }>
    /** Life of the tokens that the roles give, as Vault writes durations; `1h`, if not given. */
    tokenTtl?: string
    tokenMaxTtl?: string
  }>

export type PreparedVault = Readonly<{
  /** A token with the app's policy and no parent. It lives 768 h if not told otherwise. */
  issueToken(app: VaultApp, options?: { ttl?: string }): Promise<string>
  /** A fresh secret id each time. */
  issueAppRole(app: VaultApp): Promise<{ roleId: string; secretId: string }>
}>

/**
 * Makes a Vault ready for the apps: KV v2 at `secret`, the policies of `infra/vault/policies`, an AppRole and, if asked, a
 * Kubernetes role per app. Uses the HTTP API only, and may be repeated. Rejects on the first refusal.
 */
export async function bootstrapVault(options: BootstrapOptions): Promise<PreparedVault> {
  const call = createVaultCall(options)
  await ensureKv(call)
  for (const policy of Object.values(POLICY_OF)) {
    await must(call, `PUT sys/policies/acl/${policy}`, { policy: await policyText(policy) })
  }
  const roles = Object.entries(POLICY_OF).map(([app, policy]) => ({
    app,
    role: {
      token_policies: [policy],
      token_ttl: options.tokenTtl ?? '1h',
      token_max_ttl: options.tokenMaxTtl ?? '24h',
    },
  }))
  await ensureAuth(call, 'approle')
  for (const { app, role } of roles) await must(call, `POST auth/approle/role/${app}`, role)
  if (options.kubernetes !== undefined) await prepareKubernetes(call, options.kubernetes, roles)
  return issuing(call)
}

type Roles = readonly { app: string; role: Record<string, unknown> }[]

async function prepareKubernetes(
  call: VaultCall,
  { publicKeyPem, host, namespace, audience }: NonNullable<BootstrapOptions['kubernetes']>,
  roles: Roles,
): Promise<void> {
  await ensureAuth(call, 'kubernetes')
  await must(call, 'POST auth/kubernetes/config', {
    kubernetes_host: host ?? 'https://kubernetes.default.svc',
    pem_keys: [publicKeyPem],
  })
  for (const { app, role } of roles) {
    await must(call, `POST auth/kubernetes/role/${app}`, {
      bound_service_account_names: [app],
      bound_service_account_namespaces: [namespace ?? 'ops'],
      ...(audience !== undefined && { audience }),
      ...role,
    })
  }
}

function issuing(call: VaultCall): PreparedVault {
  return {
    async issueToken(app, { ttl = '768h' } = {}) {
      const { auth } = await must(call, 'POST auth/token/create', {
        policies: [POLICY_OF[app]],
        display_name: app,
        no_parent: true,
        ttl,
      })
      if (auth === null) throw new Error('Vault gave no token')
      return auth.client_token
    },
    async issueAppRole(app) {
      const role = await must(call, `GET auth/approle/role/${app}/role-id`)
      const secret = await must(call, `POST auth/approle/role/${app}/secret-id`, {})
      return { roleId: String(role.data.role_id), secretId: String(secret.data.secret_id) }
    },
  }
}

async function ensureKv(call: VaultCall): Promise<void> {
  const mounts = (await must(call, 'GET sys/mounts')).data
  const found = mounts['secret/'] as { type?: string; options?: { version?: string } | null } | undefined
  if (found === undefined) await must(call, 'POST sys/mounts/secret', { type: 'kv', options: { version: '2' } })
  else if (found.type !== 'kv' || found.options?.version !== '2') {
    throw new Error('the mount secret/ is there, yet it is not KV version 2')
  }
  await upgraded(call)
}

/** A fresh KV v2 mount refuses calls for a moment. */
async function upgraded(call: VaultCall): Promise<void> {
  for (let attempt = 0; attempt < 100; attempt++) {
    if ((await call('GET', 'secret/config')).status !== 400) return
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  throw new Error('the mount secret/ does not become ready')
}

async function ensureAuth(call: VaultCall, type: string): Promise<void> {
  const methods = (await must(call, 'GET sys/auth')).data
  if (methods[`${type}/`] === undefined) await must(call, `POST sys/auth/${type}`, { type })
}

/** `request` is the method and the path. */
async function must(call: VaultCall, request: string, body?: unknown): Promise<VaultAnswer> {
  const [method = '', path = ''] = request.split(' ')
  const answer = await call(method, path, { body })
  if (answer.status < 300) return answer
  throw new Error(`Vault refused ${request}: ${answer.status} ${(answer.errors ?? []).join('; ').trim()}`)
}

// As far from src/vault as from dist/vault.
const policyText = (name: string) =>
  readFile(new URL(`../../../../infra/vault/policies/${name}.hcl`, import.meta.url), 'utf8')
