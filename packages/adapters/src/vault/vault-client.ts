import Client from 'hashi-vault-js'
import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { Agent as HttpAgent } from 'node:http'
import { Agent as HttpsAgent } from 'node:https'
import type { VaultConfig, VaultLimits } from './vault-config.ts'
import { createVaultHttp, type VaultHttp } from './vault-http.ts'

export type VaultClient = Readonly<{ client: Client; http: VaultHttp; close(): void }>

const IDLE_SOCKET_MS = 30_000

/**
 * hashi-vault-js with its traps closed: a constructor that only prints its errors, errors that carry token and body, no
 * keep-alive, a timeout that each arriving byte prolongs. axios, which it sends by, costs more than the request itself, so
 * it sends by `VaultHttp`. Throws a TypeError on a bad address or CA.
 */
export function createVaultClient(
  { address, namespace, caPath }: Pick<VaultConfig, 'address' | 'namespace' | 'caPath'>,
  { timeoutMs, maxSockets }: Pick<VaultLimits, 'timeoutMs' | 'maxSockets'>,
): VaultClient {
  const base = baseUrl(address)
  const agentOptions = { keepAlive: true, maxSockets, timeout: IDLE_SOCKET_MS }
  const ca = caPath === undefined ? {} : { ca: readBundle(caPath) }
  const agent = base.protocol === 'https:' ? new HttpsAgent({ ...agentOptions, ...ca }) : new HttpAgent(agentOptions)
  const headers = { accept: 'application/json', ...(namespace && { 'x-vault-namespace': namespace }) }
  const http = createVaultHttp({ base, agent, headers, timeoutMs })

  // No rootPath: it would be taken for the mount of logins too.
  const client = new Client({ baseUrl: base.href })
  client.instance = http

  return {
    client,
    http,
    close() {
      agent.destroy()
    },
  }
}

function baseUrl(address: string): URL {
  const { protocol, origin, pathname, username, password } = new URL(address)
  if (protocol !== 'https:' && protocol !== 'http:')
    throw new TypeError('the address of Vault is neither https:// nor http://')
  if (username !== '' || password !== '') throw new TypeError('the address of Vault holds a login, which is not used')
  return new URL(`${origin}${pathname.replace(/\/+$/, '')}/v1`)
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
