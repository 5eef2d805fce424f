import { attempt, type ReportFailure } from '../change/after-commit.ts'
import type { HealthCache } from '../health/health-cache.ts'
import { changeOperator } from './change-operator.ts'
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
  const recording = { eventId: ports.newEventId(), auditId: ports.newEventId(), context }
  const plan = { operatorId, eventId: recording.eventId, undone: 'the operator was not deleted' }
  await changeOperator(ports, plan, async (change) => {
    assertVersion(change.operator, ifMatch)
    const deleted = softDeleted(change.operator, { actor: context.actor, at: change.at })
    await change.scheduleCredentialsRemoval(ports.credentialsRetentionDays)
    await change.record(deleted, recordedDelete(change.operator, deleted, recording))
  })
  await attempt(ports.report, 'remove the health key of a deleted operator', () => ports.healthCache.remove(operatorId))
}
