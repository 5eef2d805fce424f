import { DomainError } from '../errors.ts'
import type { OperatorId } from '../operator/operator-id.ts'
import type { Claim, Holder } from '../operator/operator-repository.ts'
import type { MemoryStore } from './memory-store.ts'

const sameName = (a: Claim, b: Claim): boolean => a.name.toLowerCase() === b.name.toLowerCase()
const sameEndpoint = (a: Claim, b: Claim): boolean =>
  a.host === b.host && a.port === b.port && a.systemId === b.systemId

export function holdersOf(store: MemoryStore, claim: Claim, except?: OperatorId): readonly Holder[] {
  return [...store.operators.values()]
    .filter(({ operator }) => operator.deletedAt === null && operator.operatorId !== except)
    .flatMap(({ operator, provisional }) => {
      const { operatorId, name } = operator
      const holds = (what: Holder['holds']): Holder => ({ operatorId, name, holds: what, provisional })
      return [
        ...(sameEndpoint(operator, claim) ? [holds('endpoint')] : []),
        ...(sameName(operator, claim) ? [holds('name')] : []),
      ]
    })
}

/**
 * What a unique index does: waits for a transaction that wants the same, refuses what another holds, else lets `write`
 * happen, with nothing in between.
 */
export async function writeUnique(
  store: MemoryStore,
  row: Claim & Readonly<{ operatorId: OperatorId }>,
  write: () => void,
): Promise<void> {
  for (let rival = rivalOf(store, row); rival !== undefined; rival = rivalOf(store, row)) await rival
  const holders = holdersOf(store, row, row.operatorId)
  if (holders.some(({ holds }) => holds === 'endpoint')) {
    throw new DomainError('DUPLICATE_OPERATOR', 'another operator has the same host, port and systemId')
  }
  if (holders.length > 0) throw new DomainError('DUPLICATE_NAME', 'another operator has the same name')
  write()
}

const rivalOf = (store: MemoryStore, row: Claim & Readonly<{ operatorId: OperatorId }>): Promise<void> | undefined =>
  [...store.claims.values()].find(
    ({ next }) => next.operatorId !== row.operatorId && (sameName(next, row) || sameEndpoint(next, row)),
  )?.settled
