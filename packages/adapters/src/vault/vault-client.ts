import Client from 'hashi-vault-js'
import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { Agent as HttpAgent } from 'node:http'
import { Agent as HttpsAgent } from 'node:https'
import type { VaultConfig, VaultLimits } from './vault-config.ts'
import { vaultFailure } from './vault-failure.ts'

/** As much of axios, which hashi-vault-js does not re-export, as is used here. */
type Request = { url: string; method: string; headers: Record<string, string>; data: unknown; signal?: AbortSignal }
type Http = ((request: Request) => Promise<{ data: unknown }>) & {
  defaults: Record<'httpAgent' | 'httpsAgent' | 'maxRedirects' | 'maxContentLength', unknown>
  interceptors: {
    request: { use(adapt: (request: Request) => Request): void }
    response: { use(kept: undefined, replace: (error: unknown) => Promise<never>): void }
  }
}

export type VaultClient = Readonly<{ client: Client; http: Http; close(): void }>

const MAX_ANSWER_BYTES = 1024 * 1024
const IDLE_SOCKET_MS = 30_000

/**
 * hashi-vault-js with its traps closed: a constructor that only prints its errors, errors that carry token and body, no
 * keep-alive, a timeout that each arriving byte prolongs. Throws a TypeError on a bad address or CA.
 */
export function createVaultClient(
  { address, namespace, caPath }: Pick<VaultConfig, 'address' | 'namespace' | 'caPath'>,
  { timeoutMs, maxSockets }: Pick<VaultLimits, 'timeoutMs' | 'maxSockets'>,
): VaultClient {
  const agentOptions = { keepAlive: true, maxSockets, timeout: IDLE_SOCKET_MS }
  const httpAgent = new HttpAgent(agentOptions)
  const httpsAgent = new HttpsAgent({ ...agentOptions, ...(caPath !== undefined && { ca: readBundle(caPath) }) })

  // No rootPath: it would be taken for the mount of logins too. The agents replace the one that it would make.
  const client = new Client({ baseUrl: baseUrl(address), timeout: timeoutMs, ...(namespace && { namespace }) })
  const http = client.instance as Http | undefined
  if (http === undefined) throw new TypeError('hashi-vault-js could not be set up')

  // A redirect would take the token to an address that nobody configured.
  Object.assign(http.defaults, { httpAgent, httpsAgent, maxRedirects: 0, maxContentLength: MAX_ANSWER_BYTES })
  http.interceptors.request.use((request) => ({ ...request, signal: AbortSignal.timeout(timeoutMs) }))
  http.interceptors.response.use(undefined, (error) => Promise.reject(vaultFailure(error)))

  return {
    client,
    http,
    close() {
      httpAgent.destroy()
      httpsAgent.destroy()
    },
  }
}

function baseUrl(address: string): string {
  const { protocol, origin, pathname, username, password } = new URL(address)
  if (protocol !== 'https:' && protocol !== 'http:')
    throw new TypeError('the address of Vault is neither https:// nor http://')
  if (username !== '' || password !== '') throw new TypeError('the address of Vault holds a login, which is not used')
  return `${origin}${pathname.replace(/\/+$/, '')}/v1`
}

/** Node takes a bundle that holds no certificate for one that trusts nobody, and says so only at the first handshake. */
function readBundle(path: string): string {
  let bundle: string
  try {
    bundle = readFileSync(path, 'utf8')
    new X509Certificate(bundle)
  } catch (cause) {
    throw new TypeError(`the CA bundle of Vault, ${path}, cannot be read as PEM`, { cause })
  }
  return bundle
}
