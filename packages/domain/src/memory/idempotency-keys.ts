import {
  IDEMPOTENCY_HOURS,
  type IdempotencyClaim,
  type IdempotencyKeys,
  IdempotencyKeyTaken,
} from '../change/idempotency.ts'
import type { OperatorId } from '../operator/operator-id.ts'
import type { MemoryKey, MemoryStore } from './memory-store.ts'

const HOUR_MS = 3_600_000

export function memoryIdempotencyKeys(store: MemoryStore): IdempotencyKeys {
  return {
    find: async (claim) => {
      const row = store.keys.get(idOf(claim))
      return row === undefined || isOld(store, row)
        ? undefined
        : { fingerprint: row.claim.fingerprint, answer: row.answer }
    },
    prune: async () => {
      const old = [...store.keys].filter(([, row]) => isOld(store, row))
      for (const [id] of old) store.keys.delete(id)
      return old.length
    },
  }
}

/** Runs `work` while nobody else can make the claim; what is to stay of it `work` has to keep. */
export async function claiming<T>(
  store: MemoryStore,
  claim: IdempotencyClaim | undefined,
  work: () => Promise<T>,
): Promise<T> {
  if (claim === undefined) return work()
  const id = idOf(claim)
  const row = store.keys.get(id)
  if (store.keysInHand.has(id) || (row !== undefined && !isOld(store, row))) throw new IdempotencyKeyTaken()
  store.keysInHand.add(id)
  try {
    return await work()
  } finally {
    store.keysInHand.delete(id)
  }
}

export function keepKey(store: MemoryStore, facts: Omit<MemoryKey, 'madeAt'>): void {
  const id = idOf(facts.claim)
  const known = store.keys.get(id)
  const madeAt = known === undefined || isOld(store, known) ? store.now().getTime() : known.madeAt
  store.keys.set(id, { ...facts, madeAt })
}

/** Drops an operator that was not finished, and the claim of its create. */
export function dropProvisional(store: MemoryStore, operatorId: OperatorId): void {
  store.operators.delete(operatorId)
  for (const [id, row] of store.keys) if (row.operatorId === operatorId) store.keys.delete(id)
}

const idOf = ({ subject, key }: Pick<IdempotencyClaim, 'subject' | 'key'>): string => JSON.stringify([subject, key])

const isOld = (store: MemoryStore, { madeAt }: MemoryKey): boolean =>
  store.now().getTime() - madeAt >= IDEMPOTENCY_HOURS * HOUR_MS
