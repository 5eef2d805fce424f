import type { CredentialsStore, OperatorId } from '@oms/domain'
import { type CircuitState, createBreaker } from './breaker.ts'
import { createCalls } from './calls.ts'
import { createCredentialsStore } from './credentials.ts'
import { createLogIn } from './log-in.ts'
import { createObserve, type VaultRequest } from './observe.ts'
import { createPing, type Ping } from './ping.ts'
import { openSession, type SessionEvent } from './session.ts'
import { createVaultApi, secretName } from './vault-api.ts'
import { createVaultClient } from './vault-client.ts'
import { DEFAULT_LIMITS, mountPath, type VaultConfig } from './vault-config.ts'

export type VaultEvents = Readonly<{
  /** Each request to Vault, retries and logins too; health checks are left out. */
  onRequest?: (request: VaultRequest) => void
  onSession?: (event: SessionEvent) => void
  onCircuit?: (state: CircuitState) => void
}>

export type Vault = AsyncDisposable &
  Readonly<{
    credentials: CredentialsStore
    /** Where in Vault an operator's secret is, as its API and its policies name it. */
    credentialsPath: (operatorId: OperatorId) => string
    ping: Ping
  }>

/**
 * Logs in in the background, now and whenever it must; a Vault that is away delays nothing but the calls that need it. Throws a
 * TypeError on an address, a mount or a CA bundle that cannot be used.
 */
export function openVault(config: VaultConfig, { onRequest, onSession, onCircuit }: VaultEvents = {}): Vault {
  const limits = { ...DEFAULT_LIMITS, ...config.limits }
  const connection = createVaultClient(config, limits)
  const mount = mountPath(config.kvMount ?? 'secret')
  const api = createVaultApi(connection, mount)
  const observe = createObserve(onRequest)
  const logIn = createLogIn(api, config.auth)
  const session = openSession({
    logIn: () => observe('login', logIn),
    renew: (token) => observe('renew', () => api.renewSelf(token.reveal())),
    limits,
    onEvent: onSession,
  })
  const call = createCalls({ session, breaker: createBreaker(limits, onCircuit), observe })

  return {
    credentials: createCredentialsStore(api, call),
    credentialsPath: (operatorId) => `${mount}/data/${secretName(operatorId)}`,
    ping: createPing(api, session),
    async [Symbol.asyncDispose]() {
      const ended = session[Symbol.asyncDispose]()
      connection.close() // a login that is under way ends with its socket
      await ended
    },
  }
}
