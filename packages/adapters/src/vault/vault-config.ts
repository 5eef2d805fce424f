/** How the app proves who it is. Files are read again at each login, so that they may be rotated. */
export type VaultAuth =
  | Readonly<{ method: 'token'; tokenPath: string }>
  /** `mount` is `auth/approle` if not given. */
  | Readonly<{ method: 'approle'; roleId: string; secretIdPath: string; mount?: string }>
  /** `mount` is `auth/kubernetes` if not given. */
  | Readonly<{ method: 'kubernetes'; role: string; jwtPath: string; mount?: string }>

export type VaultLimits = Readonly<{
  /** For one request, from the moment it is made. */
  timeoutMs: number
  maxSockets: number
  /** So many infrastructure failures in a row open the circuit. */
  breakerFailures: number
  /** So long it stays open before one request may try. */
  breakerOpenMs: number
  /** The first and the longest wait between two attempts to log in, before jitter. */
  loginRetryMs: number
  loginRetryMaxMs: number
  /** A refused token leads to a new login, but not more often than this. */
  reloginAfterMs: number
}>

export type VaultConfig = Readonly<{
  /** `https://vault.example.net:8200`, without `/v1`. */
  address: string
  auth: VaultAuth
  /** Vault Enterprise, OpenBao. */
  namespace?: string
  /** PEM bundle of the authorities that sign Vault; the system's own if not given. */
  caPath?: string
  /** Mount of the KV v2 engine; `secret` if not given. */
  kvMount?: string
  limits?: Partial<VaultLimits>
}>

export const DEFAULT_LIMITS: VaultLimits = {
  timeoutMs: 2_000,
  maxSockets: 32,
  breakerFailures: 5,
  breakerOpenMs: 3_000,
  loginRetryMs: 200,
  loginRetryMaxMs: 3_000,
  reloginAfterMs: 1_000,
}

/** `secret`, `auth/kubernetes`, `team-a/kv`: goes into a path as it is. Throws a TypeError on anything that would not stay there. */
export function mountPath(text: string): string {
  if (/^[\w-][\w.-]*(?:\/[\w-][\w.-]*)*$/.test(text)) return text
  throw new TypeError('a Vault mount may hold letters, digits, "_", "-", "." and "/" between names')
}
