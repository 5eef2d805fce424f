import type { ReportFailure } from '../change/after-commit.ts'
import type { CredentialsCleanup } from './credentials-cleanup.ts'
import type { CredentialsStore } from './credentials-store.ts'

export type SweepCredentialsPorts = Readonly<{
  cleanup: CredentialsCleanup
  credentials: Pick<CredentialsStore, 'destroy'>
  report: ReportFailure
}>

/** A Vault write that was in flight when its create was given up lands within this time. Seconds. */
const LATE_WRITE_SECONDS = 600

/** Destroys the secrets that are due, one after the other, until none is left or `signal` aborts. Returns how many. */
export async function sweepCredentials(ports: SweepCredentialsPorts, signal: AbortSignal): Promise<number> {
  let destroyed = 0
  while (!signal.aborted) {
    const found = await ports.cleanup.processNext(LATE_WRITE_SECONDS, async ({ operatorId }) => {
      try {
        await ports.credentials.destroy(operatorId)
        destroyed += 1
      } catch (error) {
        ports.report('destroy the secret of an operator that is gone', error)
        throw error
      }
    })
    if (!found) break
  }
  return destroyed
}
