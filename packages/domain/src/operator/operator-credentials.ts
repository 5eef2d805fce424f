import { DomainError } from '../errors.ts'
import type { Secret } from '../secret.ts'
import type { Credentials, CredentialsStore } from './credentials-store.ts'
import type { Operator } from './operator.ts'
import type { OperatorId } from './operator-id.ts'

/**
 * KV v2 keeps ten versions: this far ahead of the row, one more write could push out the version that the row names.
 */
const MAX_VERSIONS_AHEAD = 8

/** Rotations that reached Vault and never committed have piled up: until somebody looks, none more is begun. */
export class RotationsBlocked extends DomainError {
  constructor() {
    super('VAULT_UNAVAILABLE', 'too many unfinished rotations of this operator; an engineer must look')
  }
}

/** Writes the first version of a new operator's secret and returns its number. */
export const writeCredentials = (
  store: Pick<CredentialsStore, 'write'>,
  operatorId: OperatorId,
  credentials: Credentials,
): Promise<number> => store.write(operatorId, credentials, 0)

/**
 * Writes the secret of `next` and returns its version. The password that is not given is that of the version which
 * `current` names. Until the row names the new version nobody reads it, so a failure later needs no undoing.
 */
export async function rotateCredentials(
  store: Pick<CredentialsStore, 'write' | 'read' | 'latestVersion'>,
  current: Operator,
  change: Readonly<{ systemId: Operator['systemId']; password: Secret | undefined }>,
): Promise<number> {
  const latest = await store.latestVersion(current.operatorId)
  if (latest - current.credentialsVersion >= MAX_VERSIONS_AHEAD) {
    throw new RotationsBlocked()
  }
  const password = change.password ?? (await readCredentials(store, current)).password
  return store.write(current.operatorId, { systemId: change.systemId, password }, latest)
}

/** The credentials of exactly the version that the operator names. Rejects with CREDENTIALS_MISSING. */
export async function readCredentials(
  store: Pick<CredentialsStore, 'read'>,
  operator: Pick<Operator, 'operatorId' | 'credentialsVersion'>,
): Promise<Credentials> {
  const credentials = await store.read(operator.operatorId, operator.credentialsVersion)
  if (credentials !== undefined) return credentials
  throw new DomainError('CREDENTIALS_MISSING', 'the operator has no credentials in Vault; an engineer must look')
}
