import { DomainError } from '../errors.ts'
import type { OperatorView } from './operator.ts'
import { isOperatorId, type OperatorId } from './operator-id.ts'
import type { OperatorRepository } from './operator-repository.ts'

/** A live operator. Rejects with OPERATOR_NOT_FOUND. */
export async function getOperator(
  ports: Readonly<{ operators: Pick<OperatorRepository, 'find'> }>,
  operatorId: OperatorId,
): Promise<OperatorView> {
  const view = await ports.operators.find(operatorId)
  if (view === undefined) throw operatorNotFound()
  return view
}

/** An id from outside. One that cannot be an id names no operator, so it rejects with OPERATOR_NOT_FOUND too. */
export function operatorIdFrom(raw: string): OperatorId {
  if (!isOperatorId(raw)) throw operatorNotFound()
  return raw
}

export const operatorNotFound = (): DomainError => new DomainError('OPERATOR_NOT_FOUND', 'there is no such operator')
