import { readFile } from 'node:fs/promises'
import { request } from 'node:https'
import type { CertificatePaths } from '../start/stack-file.ts'

export type PeerAnswer = Readonly<{ status: number; body: Readonly<Record<string, unknown>> }>

/** One GET over mutual TLS, as a peer service makes it; without `identity`, without a certificate. */
export async function peerGet(
  url: string,
  { ca, identity }: Readonly<{ ca: string; identity?: CertificatePaths }>,
): Promise<PeerAnswer> {
  const files = identity === undefined ? {} : { cert: await readFile(identity.cert), key: await readFile(identity.key) }
  const options = { ca: await readFile(ca), ...files, agent: false as const, timeout: 10_000 }
  return new Promise((resolve, reject) => {
    const sent = request(url, options, (answer) => {
      let text = ''
      answer.setEncoding('utf8')
      answer.on('data', (chunk: string) => (text += chunk))
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, body: JSON.parse(text) as PeerAnswer['body'] }))
      answer.on('error', reject)
    })
    sent.on('timeout', () => sent.destroy(new Error('the internal API did not answer in time')))
    sent.on('error', reject)
    sent.end()
  })
}
