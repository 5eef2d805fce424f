import { readFile } from 'node:fs/promises'
import type { IncomingHttpHeaders } from 'node:http'
import { type RequestOptions, request } from 'node:https'
import type { CertificatePaths } from '../start/stack-file.ts'

export type PeerAnswer = Readonly<{
  status: number
  headers: IncomingHttpHeaders
  body: Readonly<Record<string, unknown>>
}>

export type PeerRequest = Readonly<{
  ca: string
  /** Absent: no certificate. */
  identity?: CertificatePaths
  /** Over what a peer sends by itself: headers, an agent, a version of TLS. */
  options?: RequestOptions
}>

/** One GET over mutual TLS, as a peer service makes it. */
export async function peerGet(url: string, { ca, identity, options: more }: PeerRequest): Promise<PeerAnswer> {
  const files = identity === undefined ? {} : { cert: await readFile(identity.cert), key: await readFile(identity.key) }
  const options: RequestOptions = { ca: await readFile(ca), ...files, agent: false, timeout: 10_000, ...more }
  return new Promise((resolve, reject) => {
    const sent = request(url, options, (answer) => {
      let text = ''
      answer.setEncoding('utf8')
      answer.on('data', (chunk: string) => (text += chunk))
      answer.on('end', () => {
        const body = (text === '' ? {} : JSON.parse(text)) as PeerAnswer['body']
        resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body })
      })
      answer.on('error', reject)
    })
    sent.on('timeout', () => sent.destroy(new Error('the internal API did not answer in time')))
    sent.on('error', reject)
    sent.end()
  })
}
