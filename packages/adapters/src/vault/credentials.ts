import { type CredentialsStore, invalid, isOperatorId, type OperatorId, Secret } from '@oms/domain'
import type { Call } from './calls.ts'
import { vaultUnavailable } from './unavailable.ts'
import type { VaultApi } from './vault-api.ts'
import { vaultFailure } from './vault-failure.ts'

export function createCredentialsStore(api: VaultApi, call: Call): CredentialsStore {
  return {
    write: (operatorId, { systemId, password }, expectedVersion) =>
      orUnavailable(operatorId, () =>
        call('write', (token) =>
          api.writeSecret(token, operatorId, {
            data: { systemId, password: password.reveal() },
            cas: expectedVersion,
          }),
        ),
      ),

    // Version 0 would ask Vault for the latest.
    async read(operatorId, version) {
      if (!Number.isSafeInteger(version) || version < 1) return undefined
      const found = await orUnavailable(operatorId, () =>
        ifThere(call('read', (token) => api.readSecret(token, operatorId, version))),
      )
      return found && { systemId: found.systemId, password: new Secret(found.password) }
    },

    latestVersion: async (operatorId) =>
      (await orUnavailable(operatorId, () =>
        ifThere(call('metadata', (token) => api.currentVersion(token, operatorId))),
      )) ?? 0,

    destroy: async (operatorId) => {
      await orUnavailable(operatorId, () => ifThere(call('destroy', (token) => api.destroySecret(token, operatorId))))
    },
  }
}

async function orUnavailable<T>(operatorId: OperatorId, ask: () => Promise<T>): Promise<T> {
  if (!isOperatorId(operatorId)) throw invalid('operatorId', 'is no operator id')
  try {
    return await ask()
  } catch (error) {
    throw vaultUnavailable(error)
  }
}

async function ifThere<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer
  } catch (error) {
    const failure = vaultFailure(error)
    if (failure.kind === 'not_found') return undefined
    throw failure
  }
}
