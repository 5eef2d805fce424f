import { request as httpRequest } from 'node:http'
import { request as httpsRequest } from 'node:https'

/** The smallest client that sends what it is told: for preparing a Vault and for holding one to its contract. */

export type VaultAuth = Readonly<{
  client_token: string
  lease_duration: number
  renewable: boolean
  policies: readonly string[]
  metadata: Readonly<Record<string, string>> | null
  orphan: boolean
}>

export type VaultAnswer = Readonly<{
  status: number
  /** The whole body; {} where there is none. */
  body: Readonly<Record<string, unknown>>
  data: Readonly<Record<string, unknown>>
  auth: VaultAuth | null
  errors: readonly string[] | undefined
}>

export type VaultAddress = Readonly<{ url: string; token: string; namespace?: string; ca?: string }>

export type CallOptions = Readonly<{
  body?: unknown
  /** Another token than the address's, or none. */
  token?: string | null
  headers?: Readonly<Record<string, string>>
}>

/** `path` goes out as it is, after `/v1/`: encode it where it needs to be. */
export type VaultCall = (method: string, path: string, options?: CallOptions) => Promise<VaultAnswer>

const TIMEOUT_MS = 20_000

export function createVaultCall({ url, token, namespace, ca }: VaultAddress): VaultCall {
  const { protocol, hostname, port } = new URL(url)
  const send = protocol === 'https:' ? httpsRequest : httpRequest
  return (method, path, options = {}) =>
    new Promise((resolve, reject) => {
      const sent = options.body === undefined ? undefined : textOf(options.body)
      const auth = options.token === undefined ? token : options.token
      const request = send(
        {
          protocol,
          hostname: hostname.replace(/^\[|\]$/g, ''),
          port,
          method,
          path: `/v1/${path}`,
          timeout: TIMEOUT_MS,
          agent: false, // a kept connection may be one that the server has just cut
          ...(ca !== undefined && { ca }),
          headers: {
            ...(auth !== null && { 'x-vault-token': auth }),
            ...(namespace !== undefined && { 'x-vault-namespace': namespace }),
            ...(sent !== undefined && {
              'content-type': 'application/json',
              'content-length': Buffer.byteLength(sent),
            }),
            ...options.headers,
          },
        },
        (response) => {
          const chunks: Buffer[] = []
          response.on('data', (chunk: Buffer) => chunks.push(chunk))
          response.on('error', reject)
          response.on('end', () => resolve(answerOf(response.statusCode ?? 0, Buffer.concat(chunks).toString('utf8'))))
        },
      )
      request.on('timeout', () => request.destroy(new Error(`${method} /v1/${path} timed out`)))
      request.on('error', reject)
      request.end(sent)
    })
}

const textOf = (body: unknown) => (typeof body === 'string' ? body : JSON.stringify(body))

function answerOf(status: number, text: string): VaultAnswer {
  const body = parse(text)
  return {
    status,
    body,
    data: (body.data ?? {}) as Record<string, unknown>,
    auth: (body.auth ?? null) as VaultAuth | null,
    errors: body.errors as string[] | undefined,
  }
}

function parse(text: string): Record<string, unknown> {
  try {
    return (JSON.parse(text) as Record<string, unknown> | null) ?? {}
  } catch {
    return {} // a redirect or a proxy's page
  }
}
