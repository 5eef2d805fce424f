import Fastify from 'fastify'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:https'
import type { TlsFiles } from '../process/caller.ts'
import { openBareVault } from './bare-vault.ts'

/** One route of Fastify with the schema of its answer, which is the same each time. */
export async function serveRoute({ schema, body }: Readonly<{ schema: object; body: object }>): Promise<string> {
  const app = Fastify()
  app.get('/v1/admin/operators/:operatorId', { schema: { response: { 200: schema } } }, async () => body)
  return app.listen({ host: '127.0.0.1', port: 0 })
}

/** Mutual TLS and one read of Vault for each answer: what credentials cost where nobody looks after them. */
export function serveCredentials({ tls, vault: at }: CredentialsServer): Promise<string> {
  const vault = openBareVault(at)
  const [cert, key, ca] = [tls.cert, tls.key, tls.ca].map((path) => readFileSync(path))
  const options = { cert, key, ca, requestCert: true, rejectUnauthorized: true }
  const server = createServer({ ...options, keepAliveTimeout: 75_000 }, (request, response) => {
    vault.read((request.url ?? '').split('/').at(-2) ?? '').then(
      (credentials) => {
        const body = JSON.stringify(credentials)
        response
          .writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) })
          .end(body)
      },
      () => response.writeHead(503).end(),
    )
  })
  return new Promise((resolve) =>
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      resolve(`https://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`)
    }),
  )
}

export type CredentialsServer = Readonly<{ tls: TlsFiles; vault: Readonly<{ url: string; token: string }> }>
