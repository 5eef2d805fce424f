import { type Agent, type IncomingMessage, request as requestHttp } from 'node:http'
import { request as requestHttps } from 'node:https'
import { urlToHttpOptions } from 'node:url'
import { answeredWith, VaultFailure, vaultFailure } from './vault-failure.ts'

/** A request as hashi-vault-js makes it; `url` is below the base, `data` goes as JSON. */
export type HttpRequest = Readonly<{
  url: string
  method: string
  headers?: Readonly<Record<string, string>>
  params?: Readonly<Record<string, string | boolean>>
  data?: unknown
}>

/** `data` is the text where that is no JSON. */
export type HttpAnswer = Readonly<{ status: number; statusText: string; data: unknown }>

/** Rejects with `VaultFailure` when no answer came in time, and on every status but 2xx. */
export type VaultHttp = (request: HttpRequest) => Promise<HttpAnswer>

export type VaultHttpOptions = Readonly<{
  /** With `/v1`. */
  base: URL
  agent: Agent
  headers: Readonly<Record<string, string>>
  /** From the request to the last octet of the answer; an octet now and then does not prolong it. */
  timeoutMs: number
}>

const MAX_ANSWER_BYTES = 1024 * 1024

/** One request and its answer on a connection that is kept. A redirect is an answer like others: it would take the token elsewhere. */
export function createVaultHttp({ base, agent, headers: always, timeoutMs }: VaultHttpOptions): VaultHttp {
  const send = base.protocol === 'https:' ? requestHttps : requestHttp
  const { protocol, hostname, port } = urlToHttpOptions(base)
  const target = { protocol, hostname, port, agent }

  return ({ url, method, headers, params, data }) =>
    new Promise((resolve, reject) => {
      const query = params === undefined ? '' : `?${new URLSearchParams(stringsOf(params)).toString()}`
      const body = data === undefined ? undefined : JSON.stringify(data)
      const request = send({
        ...target,
        path: `${base.pathname}/${url.replace(/^\//, '')}${query}`,
        method: method.toUpperCase(),
        headers: { ...always, ...headers, ...(body !== undefined && bodyHeaders(body)) },
      })
      const settle = (): void => clearTimeout(late)
      const fail = (error: unknown): void => {
        settle()
        reject(vaultFailure(error))
        request.destroy()
      }
      const late = setTimeout(() => fail(new VaultFailure('unreachable', { code: 'TIMEOUT' })), timeoutMs)
      request.on('error', fail).on('response', (response) => {
        readText(response).then((text) => {
          settle()
          const { statusCode: status = 0, statusMessage: statusText = '' } = response
          const data = parsed(text)
          if (status >= 200 && status < 300) resolve({ status, statusText, data })
          else reject(answeredWith(status, data))
        }, fail)
      })
      request.end(body)
    })
}

const bodyHeaders = (body: string) => ({
  'content-type': 'application/json',
  'content-length': Buffer.byteLength(body),
})

const stringsOf = (params: NonNullable<HttpRequest['params']>): Record<string, string> =>
  Object.fromEntries(Object.entries(params).map(([name, value]) => [name, String(value)]))

function readText(response: IncomingMessage): Promise<string> {
  return new Promise((resolve, reject) => {
    const pieces: Buffer[] = []
    let octets = 0
    response
      .on('data', (piece: Buffer) => {
        pieces.push(piece)
        octets += piece.length
        if (octets > MAX_ANSWER_BYTES) reject(new VaultFailure('unreachable', { code: 'ANSWER_TOO_LONG' }))
      })
      .on('error', reject)
      .on('end', () => resolve(Buffer.concat(pieces).toString('utf8')))
  })
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
