import { DomainError } from '@oms/domain'
import { type FailureKind, vaultFailure } from './vault-failure.ts'

/** The circuit is open for as long, and a login is tried again within it. */
const RETRY_AFTER_SECONDS = 3

const MESSAGES: Readonly<Record<FailureKind, string>> = {
  unreachable: 'Vault does not answer',
  unavailable: 'Vault cannot serve now',
  denied: 'Vault refuses this service',
  cas_mismatch: 'the credentials in Vault were changed by somebody else',
  not_found: 'Vault does not have what was asked for',
  refused: 'Vault refused the request',
  unclear: 'Vault answered unclearly',
  circuit_open: 'Vault has not answered for a while',
  no_token: 'the login to Vault has not succeeded yet',
}

export function vaultUnavailable(error: unknown): DomainError {
  const failure = vaultFailure(error)
  return new DomainError('VAULT_UNAVAILABLE', MESSAGES[failure.kind], {
    retryAfter: RETRY_AFTER_SECONDS,
    cause: failure,
  })
}
