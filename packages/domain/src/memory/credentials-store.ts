import { DomainError } from '../errors.ts'
import type { Credentials, CredentialsStore } from '../operator/credentials-store.ts'
import type { OperatorId } from '../operator/operator-id.ts'

export function memoryCredentialsStore(): CredentialsStore {
  const secrets = new Map<OperatorId, readonly Credentials[]>()
  const versions = (operatorId: OperatorId) => secrets.get(operatorId) ?? []
  return {
    write: async (operatorId, credentials, expectedVersion) => {
      const known = versions(operatorId)
      if (known.length !== expectedVersion) {
        throw new DomainError('VAULT_UNAVAILABLE', 'the secret has another version than expected')
      }
      secrets.set(operatorId, [...known, credentials])
      return known.length + 1
    },
    read: async (operatorId, version) => versions(operatorId)[version - 1],
    latestVersion: async (operatorId) => versions(operatorId).length,
    destroy: async (operatorId) => {
      secrets.delete(operatorId)
    },
  }
}
