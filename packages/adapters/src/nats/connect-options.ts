import { readFileSync } from 'node:fs'
import type { Secret } from '@oms/domain'
import { type ConnectionOptions, credsAuthenticator } from 'nats'

export type NatsAddress = Readonly<{
  /** `nats://host:port` or `tls://host:port`; `user@` or, for development, `user:password@` may precede the host. */
  servers: readonly string[]
  /** Shown in the server's list of connections. */
  name: string
  password?: Secret
  /** Read again at each connect, as are the TLS files: a rotated file needs no restart. */
  credsPath?: string
  tls?: Readonly<{ caPath?: string; certPath?: string; keyPath?: string }>
}>

const USER = /^([a-z]+:\/\/)([^@/]+)@/

export function connectOptions(address: NatsAddress): ConnectionOptions {
  const { credsPath } = address
  const login = address.servers.map((server) => USER.exec(server)?.[2]).find((name) => name !== undefined)
  const [user, inside] = login?.split(':').map(decodeURIComponent) ?? []
  const password = address.password?.reveal() ?? inside
  return {
    servers: address.servers.map((server) => server.replace(USER, '$1')),
    name: address.name,
    timeout: 4_000,
    // After the first connect the client itself never gives up, not even on a refused login: credentials rotate.
    maxReconnectAttempts: -1,
    ignoreAuthErrorAbort: true,
    reconnectTimeWait: 250,
    reconnectJitter: 250,
    reconnectJitterTLS: 250,
    // A peer that vanished without a FIN is noticed within 15 s instead of the default 6 min.
    pingInterval: 5_000,
    maxPingOut: 2,
    noAsyncTraces: true,
    ...(user === undefined ? {} : { user }),
    ...(password === undefined ? {} : { pass: password }),
    ...(credsPath === undefined ? {} : { authenticator: credsAuthenticator(() => readFileSync(credsPath)) }),
    ...tlsOptions(address),
  }
}

function tlsOptions({ servers, tls }: NatsAddress): Pick<ConnectionOptions, 'tls'> {
  if (tls === undefined && !servers.some((server) => server.startsWith('tls://'))) return {}
  return {
    tls: {
      ...(tls?.caPath === undefined ? {} : { caFile: tls.caPath }),
      ...(tls?.certPath === undefined ? {} : { certFile: tls.certPath }),
      ...(tls?.keyPath === undefined ? {} : { keyFile: tls.keyPath }),
    },
  }
}
