import { DomainError } from '../errors.ts'
import type { OperatorId } from './operator-id.ts'
import type { Claim, Holder, OperatorRepository } from './operator-repository.ts'

type Ports = { operators: Pick<OperatorRepository, 'holders'> }

/** A create that is being finished or given up is decided within this time. Seconds. */
const PROVISIONAL_RETRY_SECONDS = 5

/**
 * Rejects with DUPLICATE_OPERATOR or DUPLICATE_NAME when another operator holds the claim. It gives the good error; the
 * unique indexes give the guarantee.
 */
export async function duplicateOperatorGuard(ports: Ports, claim: Claim, except?: OperatorId): Promise<void> {
  const holders = await ports.operators.holders(claim, except)
  const holder = holders.find(({ holds }) => holds === 'endpoint') ?? holders[0]
  if (holder !== undefined) throw duplicate(holder, holders)
}

function duplicate(holder: Holder, holders: readonly Holder[]): DomainError {
  const [code, what] =
    holder.holds === 'endpoint'
      ? (['DUPLICATE_OPERATOR', 'host, port and systemId'] as const)
      : (['DUPLICATE_NAME', 'name'] as const)
  if (holder.provisional) {
    return new DomainError(code, `a create with the same ${what} is being finished`, {
      retryAfter: PROVISIONAL_RETRY_SECONDS,
    })
  }
  const conflicts = holders
    .filter(({ holds, provisional }) => holds === holder.holds && !provisional)
    .map(({ operatorId, name }) => ({ operatorId, name }))
  return new DomainError(code, `another operator has the same ${what}`, { conflicts })
}
