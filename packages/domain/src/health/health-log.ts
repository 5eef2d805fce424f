import { operatorNotFound } from '../operator/get-operator.ts'
import type { OperatorId } from '../operator/operator-id.ts'
import type { OperatorRepository } from '../operator/operator-repository.ts'
import type { Micros } from './micros.ts'
import type { HealthTransition } from './operator-health.ts'

/** Where a page of the log ended. */
export type HealthLogCursor = Readonly<{ at: Micros; transition: number }>

export type HealthLogQuery = Readonly<{
  operatorId: OperatorId
  /** From then on. */
  from?: Date | undefined
  /** Before then. */
  until?: Date | undefined
  after?: HealthLogCursor | undefined
  limit: number
}>

/** `next` is null at the end. */
export type HealthLogPage = Readonly<{ transitions: readonly HealthTransition[]; next: HealthLogCursor | null }>

/** Transitions of an operator's health, newest first. Rejects with DEPENDENCY_UNAVAILABLE. */
export interface HealthLog {
  list(query: HealthLogQuery): Promise<HealthLogPage>
}

/** The log of an operator that is or was. Rejects with OPERATOR_NOT_FOUND. */
export async function listHealthLog(
  ports: Readonly<{ operators: Pick<OperatorRepository, 'existed'>; healthLog: HealthLog }>,
  query: HealthLogQuery,
): Promise<HealthLogPage> {
  if (!(await ports.operators.existed(query.operatorId))) throw operatorNotFound()
  return ports.healthLog.list(query)
}
