import type { OperatorId } from './operator-id.ts'

/** `firstPass` is false on the second look, which takes what a late Vault write left. */
export type CleanupItem = Readonly<{ operatorId: OperatorId; firstPass: boolean }>

/** Secrets that have no operator any more, or may never get one. Ages are on PostgreSQL's clock. */
export interface CredentialsCleanup {
  /**
   * Takes one due row, deletes its operator if that is still provisional, and runs `destroy` in the same transaction.
   * Afterwards the row comes due again `againAfterSeconds` later (first pass) or is dropped (second). When `destroy`
   * rejects, nothing but the row's due time changes: it comes due again in 30 s. False when nothing was due, else true.
   */
  processNext(againAfterSeconds: number, destroy: (item: CleanupItem) => Promise<void>): Promise<boolean>
}
