/** Everything the development Vault remembers. Times are epoch milliseconds, durations are seconds. */
export type State = { clusterId: string; namespaces: Map<string, Namespace>; tokens: Map<string, Token> }

export type Namespace = { mounts: Map<string, Mount>; auths: Map<string, AuthMount>; policies: Map<string, string> }

export type KvConfig = { maxVersions: number; casRequired: boolean; deleteVersionAfter: number }

/** `data` is JSON text; null once the version is destroyed. */
export type KvVersion = { data: string | null; createdAt: number; deletedAt: number | null; destroyed: boolean }

export type KvKey = KvConfig & {
  versions: Map<number, KvVersion>
  currentVersion: number
  oldestVersion: number
  createdAt: number
  updatedAt: number
  customMetadata: Record<string, string> | null
}

export type Mount = { accessor: string; description: string; config: KvConfig; keys: Map<string, KvKey> }

export type Token = {
  id: string
  accessor: string
  namespace: string
  policies: string[]
  meta: Record<string, string> | null
  displayName: string
  path: string
  parent: string | null
  createdAt: number
  renewedAt: number | null
  /** null: never, as for the root token. */
  expiresAt: number | null
  ttl: number
  maxTtl: number
  explicitMaxTtl: number
  period: number
  renewable: boolean
  /** 0: as often as wanted. -1: used up. */
  usesLeft: number
}

/** What AppRole and Kubernetes roles say of the tokens that they give. */
export type TokenParams = {
  policies: string[]
  ttl: number
  maxTtl: number
  explicitMaxTtl: number
  period: number
  numUses: number
  noDefaultPolicy: boolean
}

export type SecretId = { accessor: string; createdAt: number; expiresAt: number | null; ttl: number; usesLeft: number }

export type AppRole = {
  roleId: string
  bindSecretId: boolean
  secretIdTtl: number
  secretIdNumUses: number
  token: TokenParams
  secretIds: Map<string, SecretId>
}

export type KubernetesRole = { names: string[]; namespaces: string[]; audience: string; token: TokenParams }

export type KubernetesConfig = { host: string; caCert: string; pemKeys: string[]; issuer: string }

export type AuthMount = { accessor: string; description: string } & (
  | { type: 'token' }
  | { type: 'approle'; roles: Map<string, AppRole> }
  | { type: 'kubernetes'; config: KubernetesConfig | null; roles: Map<string, KubernetesRole> }
)

const MAP = '\u0000map'

/** Maps, because names such as `__proto__` come from outside. */
export function serialise(state: State): string {
  return JSON.stringify(state, (_key, value: unknown) => (value instanceof Map ? { [MAP]: [...value] } : value))
}

export function deserialise(text: string): State {
  return JSON.parse(text, (_key, value: unknown) => {
    if (typeof value !== 'object' || value === null || !(MAP in value)) return value
    return new Map(value[MAP] as [unknown, unknown][])
  }) as State
}
