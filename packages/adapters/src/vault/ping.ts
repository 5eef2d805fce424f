import { DomainError } from '@oms/domain'
import type { Session } from './session.ts'
import { vaultUnavailable } from './unavailable.ts'
import type { VaultApi } from './vault-api.ts'
import { VaultFailure, vaultFailure } from './vault-failure.ts'

/** Resolves when Vault would serve us now. Rejects with VAULT_UNAVAILABLE, its message naming the state, or when the signal says so. */
export type Ping = (signal?: AbortSignal) => Promise<void>

/** developer.hashicorp.com/vault/api-docs/system/health; not audited, needs no token. */
const NOT_SERVING: Readonly<Record<number, string>> = {
  472: 'Vault is a disaster-recovery secondary',
  501: 'Vault is not initialised',
  503: 'Vault is sealed',
}

/** A standby passes requests on; it says so by 429 or 473 where something on the way drops the query. */
const STANDBY: readonly (number | undefined)[] = [429, 473]

export function createPing(api: Pick<VaultApi, 'health'>, session: Pick<Session, 'isAuthenticated'>): Ping {
  return async (signal) => {
    try {
      await unlessAborted(api.health(), signal)
    } catch (error) {
      const failure = vaultFailure(error)
      if (!STANDBY.includes(failure.status)) throw notServing(failure)
    }
    if (!session.isAuthenticated()) throw vaultUnavailable(new VaultFailure('no_token', { code: 'NOT_AUTHENTICATED' }))
  }
}

function notServing(failure: VaultFailure): DomainError {
  const state = NOT_SERVING[failure.status ?? 0]
  if (state === undefined) return vaultUnavailable(failure)
  const { retryAfter } = vaultUnavailable(failure)
  return new DomainError('VAULT_UNAVAILABLE', state, {
    ...(retryAfter !== undefined && { retryAfter }),
    cause: failure,
  })
}

async function unlessAborted(answer: Promise<void>, signal: AbortSignal | undefined): Promise<void> {
  if (signal === undefined) return answer
  const aborted = Promise.withResolvers<never>()
  const abort = () => aborted.reject(new VaultFailure('unreachable', { code: 'ABORTED' }))
  signal.addEventListener('abort', abort, { once: true })
  if (signal.aborted) abort()
  try {
    await Promise.race([answer, aborted.promise])
  } finally {
    signal.removeEventListener('abort', abort)
  }
}
