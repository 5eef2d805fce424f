import type { Secret } from '../secret.ts'
import type { OperatorId } from './operator-id.ts'
import type { SystemId } from './system-id.ts'

/** What an SMPP bind presents. */
export type Credentials = Readonly<{ systemId: SystemId; password: Secret }>

/**
 * Versioned secrets, one per operator. Every method rejects with VAULT_UNAVAILABLE when the store is away, slow, sealed,
 * refuses us, or answers unclearly: after a failed write the secret may or may not be there.
 */
export interface CredentialsStore {
  /** Writes the version after `expectedVersion` (0: there must be none) and returns its number. */
  write(operatorId: OperatorId, credentials: Credentials, expectedVersion: number): Promise<number>
  /** Exactly that version, or undefined when it is not there. */
  read(operatorId: OperatorId, version: number): Promise<Credentials | undefined>
  /** The newest version's number, 0 when there is no secret. */
  latestVersion(operatorId: OperatorId): Promise<number>
  /** Removes every version for good; a secret that is not there is no error. */
  destroy(operatorId: OperatorId): Promise<void>
}
