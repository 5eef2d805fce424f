import type { ConfigProblem } from './config-error.ts'

type Partially<K extends string> = Readonly<{ [key in K]?: unknown }>

const missing = (variable: string, method: string): ConfigProblem => ({
  variable,
  message: `is required when VAULT_AUTH_METHOD is ${method}`,
})

const NEEDED_BY_METHOD: Readonly<Record<string, readonly VaultKey[]>> = {
  kubernetes: ['VAULT_ROLE'],
  approle: ['VAULT_ROLE_ID', 'VAULT_SECRET_ID_PATH'],
  token: ['VAULT_TOKEN_PATH'],
}

type VaultKey = 'VAULT_AUTH_METHOD' | 'VAULT_ROLE' | 'VAULT_ROLE_ID' | 'VAULT_SECRET_ID_PATH' | 'VAULT_TOKEN_PATH'

/** Each Vault login needs its own variables. */
export function vaultRules(config: Partially<VaultKey>): ConfigProblem[] {
  const method = String(config.VAULT_AUTH_METHOD)
  return (NEEDED_BY_METHOD[method] ?? [])
    .filter((variable) => config[variable] === undefined)
    .map((variable) => missing(variable, method))
}

/** Exactly one source of keys, or a forged second one would be as good as the first. */
export function jwtRules(config: Partially<'JWT_JWKS_URL' | 'JWT_PUBLIC_KEY_PATH'>): ConfigProblem[] {
  const given = [config.JWT_JWKS_URL, config.JWT_PUBLIC_KEY_PATH].filter((source) => source !== undefined)
  if (given.length === 1) return []
  return [{ variable: 'JWT_JWKS_URL', message: 'give exactly one of JWT_JWKS_URL and JWT_PUBLIC_KEY_PATH' }]
}

/** A client certificate is of use only with its key. */
export function natsRules(config: Partially<'NATS_TLS_CERT_PATH' | 'NATS_TLS_KEY_PATH'>): ConfigProblem[] {
  if ((config.NATS_TLS_CERT_PATH === undefined) === (config.NATS_TLS_KEY_PATH === undefined)) return []
  return [{ variable: 'NATS_TLS_CERT_PATH', message: 'NATS_TLS_CERT_PATH and NATS_TLS_KEY_PATH go together' }]
}
