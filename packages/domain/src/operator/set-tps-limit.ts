import type { ChangeContext } from '../change/change-context.ts'
import { type ChangeOperatorPorts, changeOperator } from './change-operator.ts'
import { type Operator, revised } from './operator.ts'
import { recordedTpsLimit } from './operator-changes.ts'
import { diffOperators } from './operator-diff.ts'
import type { OperatorId } from './operator-id.ts'
import type { TpsLimit } from './tps-limit.ts'
import { assertVersion, type VersionPrecondition } from './version-precondition.ts'

export type SetTpsLimitPorts = ChangeOperatorPorts & Readonly<{ newEventId: () => string }>

export type SetTpsLimit = Readonly<{
  operatorId: OperatorId
  tpsLimit: TpsLimit
  ifMatch?: VersionPrecondition
  context: ChangeContext
}>

/**
 * Replaces the whole limit; the same limit again leaves no trace. Rejects with OPERATOR_NOT_FOUND, VERSION_MISMATCH,
 * DEPENDENCY_UNAVAILABLE.
 */
export async function setTpsLimit(ports: SetTpsLimitPorts, command: SetTpsLimit): Promise<Operator> {
  const { operatorId, tpsLimit, ifMatch, context } = command
  const recording = { eventId: ports.newEventId(), auditId: ports.newEventId(), context }
  const plan = { operatorId, eventId: recording.eventId, undone: 'the TPS limit was not changed' }
  return changeOperator(ports, plan, async (change) => {
    assertVersion(change.operator, ifMatch)
    const next = revised(change.operator, { tpsLimit }, { actor: context.actor, at: change.at })
    if (diffOperators(change.operator, next).changedFields.length === 0) return change.operator
    await change.record(next, recordedTpsLimit(change.operator, next, recording))
    return next
  })
}
