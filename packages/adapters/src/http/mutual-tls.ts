import { Server, type ServerOptions } from 'node:https'
import type { TLSSocket } from 'node:tls'
import { type AllowList, parseAllowList } from './allow-list.ts'
import { type CertificateSet, checkCertificates } from './certificate-set.ts'
import { type ConnectionGuard, guardConnections } from './connection-guard.ts'
import type { HttpLog, HttpServer } from './ports.ts'
import { requireClients } from './require-client.ts'
import { openReloadable } from './reloadable-files.ts'

export type MutualTlsSettings = Readonly<{
  /** The names that routes call themselves by, `config: { client }`; the list of clients may use no other. */
  routes: readonly string[]
  paths: Readonly<{ cert: string; key: string; ca: string; crl?: string | undefined; clients: string }>
  log: HttpLog
  metrics: Readonly<{
    certificateExpiry: { set(labels: { certificate: string }, days: number): void }
    certificateReloadFailed: { set(labels: { file: string }, value: number): void }
  }>
  pollMs?: number
  maxConnectionAgeMs?: number
}>

export type MutualTls = Disposable &
  Readonly<{
    /** For `createServer`. */
    https: ServerOptions
    /** Before the routes: each must name itself, `config: { client: 'credentials' }`, or it does not register. */
    guard(app: HttpServer): void
  }>

const DAY_MS = 86_400_000

/**
 * TLS that demands a client certificate, and the list of who may call what. Certificate, key, CA, CRL and list are
 * watched; a bad set is refused and the old one stays in force. Rejects when the first set is bad.
 */
export async function openMutualTls(settings: MutualTlsSettings): Promise<MutualTls> {
  const { routes, paths, log, metrics, pollMs = 1_000, maxConnectionAgeMs = 600_000 } = settings
  let server: Server | undefined
  let connections: ConnectionGuard | undefined

  const reportRefusal = (file: string) => (failure: unknown) => {
    metrics.certificateReloadFailed.set({ file }, failure === undefined ? 0 : 1)
    if (failure !== undefined)
      log.error({ err: failure, file }, 'changed files were refused; the old ones stay in force')
  }
  const reportExpiry = ({ expiry }: CertificateSet): void => {
    for (const [certificate, end] of Object.entries(expiry)) {
      metrics.certificateExpiry.set({ certificate }, (end.getTime() - Date.now()) / DAY_MS)
    }
  }

  const files = [paths.cert, paths.key, paths.ca, ...(paths.crl === undefined ? [] : [paths.crl])]
  const certificates = await openReloadable<CertificateSet>({
    paths: files,
    pollMs,
    parse: ([cert = '', key = '', ca = '', crl]) => checkCertificates({ cert, key, ca, crl }, new Date()),
    onSwap(next, previous) {
      server?.setSecureContext(next.context)
      reportExpiry(next)
      const trustChanged = !sameTrust(next, previous)
      log.info({ trustChanged }, 'certificates swapped')
      if (trustChanged) connections?.retireAll()
    },
    onRefused: reportRefusal('certificates'),
  })
  const clients = await openReloadable<AllowList>({
    paths: [paths.clients],
    pollMs,
    parse: async ([text = '']) => parseAllowList(text, routes),
    onSwap(next) {
      log.info({ clients: next.size }, 'list of clients swapped')
      connections?.retireAll()
    },
    onRefused: reportRefusal('clients'),
  }).catch((error: unknown) => {
    certificates[Symbol.dispose]()
    throw error
  })
  reportExpiry(certificates.current)
  const hourly = setInterval(() => reportExpiry(certificates.current), DAY_MS / 24).unref()

  return {
    https: { ...certificates.current.context, requestCert: true, rejectUnauthorized: true, handshakeTimeout: 10_000 },
    guard(app) {
      if (!(app.server instanceof Server)) throw new Error('mutual TLS needs a server made with `https`')
      server = app.server
      // What changed between reading the files and making the server.
      server.setSecureContext(certificates.current.context)
      server.on('tlsClientError', (error, socket) => logRefusal(log, error, socket))
      const guardian = guardConnections(server, maxConnectionAgeMs)
      connections = guardian
      requireClients(app, () => clients.current)
      app.addHook('onSend', async (request, reply) => {
        if (guardian.isRetired(request.raw.socket)) reply.header('connection', 'close')
      })
    },
    [Symbol.dispose]() {
      clearInterval(hourly)
      certificates[Symbol.dispose]()
      clients[Symbol.dispose]()
    },
  }
}

/** Node resets the connection of a certificate that it does not accept, and keeps the reason on the socket. */
function logRefusal(log: HttpLog, error: NodeJS.ErrnoException, socket: TLSSocket): void {
  const reason: unknown = socket.authorizationError ?? error.code
  // A caller who hangs up, as TCP probes do.
  if (reason !== 'ECONNRESET') log.warn({ reason, peer: socket.remoteAddress }, 'TLS handshake refused')
}

const sameTrust = (next: CertificateSet, previous: CertificateSet): boolean =>
  next.context.ca === previous.context.ca && String(next.context.crl) === String(previous.context.crl)
