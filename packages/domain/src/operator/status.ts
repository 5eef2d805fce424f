import { DomainError } from '../errors.ts'

export const OPERATOR_STATUSES = ['ACTIVE', 'INACTIVE', 'SUSPENDED'] as const

/** What an admin wants of an operator; what was seen of it is its health. */
export type OperatorStatus = (typeof OPERATOR_STATUSES)[number]

const NEXT: Record<OperatorStatus, readonly OperatorStatus[]> = {
  INACTIVE: ['ACTIVE'],
  ACTIVE: ['SUSPENDED', 'INACTIVE'],
  SUSPENDED: ['ACTIVE', 'INACTIVE'],
}

/** Rejects a step that the status machine lacks; the same status is no step. */
export function assertStatusTransition(from: OperatorStatus, to: OperatorStatus): void {
  if (from === to || NEXT[from].includes(to)) return
  throw new DomainError('INVALID_STATUS_TRANSITION', `an operator that is ${from} cannot become ${to}`)
}
