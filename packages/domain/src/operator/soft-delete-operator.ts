import { attempt, type ReportFailure } from '../change/after-commit.ts'
import { CommitOutcomeUnknown, DomainError } from '../errors.ts'
import type { HealthCache } from '../health/health-cache.ts'
import { softDeleted } from './operator.ts'
import { recordedDelete } from './operator-changes.ts'
import type { SoftDeleteOperator } from './operator-commands.ts'
import type { OperatorRepository } from './operator-repository.ts'
import { assertVersion } from './version-precondition.ts'

export type SoftDeleteOperatorPorts = Readonly<{
  operators: Pick<OperatorRepository, 'change' | 'wasCommitted'>
  healthCache: Pick<HealthCache, 'remove'>
  /** Days until the secret is destroyed. */
  credentialsRetentionDays: number
  newEventId: () => string
  wakeRelay: () => void
  report: ReportFailure
}>

/**
 * Ends an operator but keeps its record; its credentials are out of reach at once and destroyed after the retention.
 * Rejects with OPERATOR_NOT_FOUND (deleted already, too), VERSION_MISMATCH, DEPENDENCY_UNAVAILABLE.
 */
export async function softDeleteOperator(ports: SoftDeleteOperatorPorts, command: SoftDeleteOperator): Promise<void> {
  const { operatorId, ifMatch, context } = command
  const eventId = ports.newEventId()
  try {
    await ports.operators.change(operatorId, { acrossVault: false }, async (change) => {
      assertVersion(change.operator, ifMatch)
      const deleted = softDeleted(change.operator, { actor: context.actor, at: change.at })
      await change.scheduleCredentialsRemoval(ports.credentialsRetentionDays)
      await change.record(deleted, recordedDelete(change.operator, deleted, { eventId, context }))
    })
  } catch (error) {
    if (!(error instanceof CommitOutcomeUnknown)) throw error
    if (!(await ports.operators.wasCommitted(operatorId, eventId))) {
      throw new DomainError(
        'DEPENDENCY_UNAVAILABLE',
        'the operator was not deleted: the database lost the connection',
        {
          retryAfter: 1,
          cause: error,
        },
      )
    }
  }
  ports.wakeRelay()
  await attempt(ports.report, 'remove the health key of a deleted operator', () => ports.healthCache.remove(operatorId))
}
