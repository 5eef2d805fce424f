import { operatorNotFound } from '../operator/get-operator.ts'
import type { Micros } from '../health/micros.ts'
import type { OperatorId } from '../operator/operator-id.ts'
import type { OperatorRepository } from '../operator/operator-repository.ts'
import type { AuditAction, AuditEntry } from './audit-entry.ts'

/** Where a page of history ended. */
export type AuditCursor = Readonly<{ at: Micros; auditId: string }>

export type AuditQuery = Readonly<{
  operatorId?: OperatorId | undefined
  actor?: string | undefined
  action?: AuditAction | undefined
  /** From then on. */
  from?: Date | undefined
  /** Before then. */
  until?: Date | undefined
  after?: AuditCursor | undefined
  limit: number
}>

/** `next` is null at the end. A long list of rules in an entry is told by its number. */
export type AuditPage = Readonly<{ entries: readonly AuditEntry[]; next: AuditCursor | null }>

/** Who changed what, newest first. Rejects with DEPENDENCY_UNAVAILABLE. */
export interface AuditLog {
  list(query: AuditQuery): Promise<AuditPage>
}

/** The history of all, or of one operator that is or was: rejects with OPERATOR_NOT_FOUND otherwise. */
export async function listAuditLog(
  ports: Readonly<{ operators: Pick<OperatorRepository, 'existed'>; auditLog: AuditLog }>,
  query: AuditQuery,
): Promise<AuditPage> {
  const { operatorId } = query
  if (operatorId !== undefined && !(await ports.operators.existed(operatorId))) throw operatorNotFound()
  return ports.auditLog.list(query)
}
