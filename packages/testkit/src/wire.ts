import type { Answer } from '@oms/devstack/clients'
import { type IncomingMessage, request } from 'node:http'
import type { Service } from './service.ts'

export type WireRequest = Readonly<{
  /** Sent as JSON. */
  json?: unknown
  /** Sent as it is. */
  body?: string | Uint8Array
  /** A list is sent as that many header lines, an empty one not at all. */
  headers?: Readonly<Record<string, string | readonly string[]>>
}>

/** As `Answer`, with the body as it came: `body` is {} when that is no JSON object. */
export type WireAnswer = Answer & Readonly<{ text: string }>

/** `path` goes out as it is, from the root. */
export type Wire = (method: string, path: string, request?: WireRequest) => Promise<WireAnswer>

const TIMEOUT_MS = 30_000

/** The first admin-api, told exactly what is said; with a token of `ops:admin` unless `authorization` is given. */
export async function wireTo(service: Pick<Service, 'app' | 'token'>): Promise<Wire> {
  const authorization = `Bearer ${await service.token()}`
  return (method, path, { json, body = json === undefined ? undefined : JSON.stringify(json), headers = {} } = {}) =>
    new Promise((resolve, reject) => {
      const { hostname, port } = new URL(service.app('admin-api').url)
      const sent = request({ hostname, port, method, path, agent: false, timeout: TIMEOUT_MS }, (answer) => {
        read(answer).then(resolve, reject)
      })
      const all = {
        authorization,
        ...(body === undefined ? {} : { 'content-type': 'application/json', 'content-length': String(lengthOf(body)) }),
        ...headers,
      }
      for (const [name, value] of Object.entries(all)) if (value.length > 0) sent.setHeader(name, value)
      sent.on('timeout', () => sent.destroy(new Error(`${method} ${path.slice(0, 80)} was not answered`)))
      sent.on('error', reject)
      sent.end(body)
    })
}

const lengthOf = (body: string | Uint8Array): number => Buffer.byteLength(body)

async function read(answer: IncomingMessage): Promise<WireAnswer> {
  const chunks: Buffer[] = []
  for await (const chunk of answer) chunks.push(chunk as Buffer)
  const text = Buffer.concat(chunks).toString('utf8')
  const headers = new Headers()
  for (const [name, values] of Object.entries(answer.headersDistinct)) {
    for (const value of values ?? []) headers.append(name, value)
  }
  return { status: answer.statusCode ?? 0, headers, body: objectIn(text), text }
}

function objectIn(text: string): Answer['body'] {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? (value as Answer['body']) : {}
  } catch {
    return {}
  }
}
