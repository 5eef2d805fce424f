import {
  DomainError,
  type IdempotencyClaim,
  IdempotencyKeyTaken,
  type OperatorChangeOptions,
  type OperatorId,
} from '@oms/domain'
import { createSlots } from './slots.ts'
import { createTurns } from './turns.ts'

/**
 * A third of the 30 s that a request may take: enough for a hundred changes that move, and for a few that each lose their
 * lock_timeout to a row that somebody else holds; with it the change itself still ends in time.
 */
const WAIT_FOR_MS = 10_000

/** Runs a change once it may have a connection. */
export type ChangeQueue = <T>(
  operatorId: OperatorId,
  options: OperatorChangeOptions,
  change: () => Promise<T>,
) => Promise<T>

/**
 * Changes of one operator wait for each other here, where a wait for the row's lock would hold a connection each. Rejects
 * with SERVICE_OVERLOADED and IdempotencyKeyTaken before it runs anything.
 */
export function createChangeQueue(pool: number): ChangeQueue {
  // Vault may be slow: whoever waits for it holds a connection, and the other half must stay for everyone else.
  const vaultSlots = createSlots(Math.max(1, Math.floor(pool / 2)))
  // The other half but one: rows may be locked for long, and readers need no more than one connection to go on.
  const plainSlots = createSlots(Math.max(1, Math.ceil(pool / 2) - 1))
  const turns = createTurns()
  const claimed = new Set<string>()

  return async (operatorId, { acrossVault, claim }, change) => {
    using _claim = takeClaim(claimed, claim)
    const until = performance.now() + WAIT_FOR_MS
    const endTurn = await turns.take(operatorId, WAIT_FOR_MS)
    if (endTurn === undefined) throw overloaded('other changes of the same operator are taking long')
    using _turn = { [Symbol.dispose]: endTurn }
    const release = acrossVault ? vaultSlots.tryTake() : await plainSlots.take(until - performance.now())
    if (release === undefined) {
      throw overloaded(acrossVault ? 'too many changes of credentials at once' : 'too many changes at once')
    }
    using _slot = { [Symbol.dispose]: release }
    return await change()
  }
}

const overloaded = (message: string): DomainError => new DomainError('SERVICE_OVERLOADED', message, { retryAfter: 1 })

/** Whoever repeats a request hears of it at once, also while the first one still waits for its turn. */
function takeClaim(claimed: Set<string>, claim: IdempotencyClaim | undefined): Disposable {
  if (claim === undefined) return { [Symbol.dispose]: () => {} }
  const id = JSON.stringify([claim.subject, claim.key])
  if (claimed.has(id)) throw new IdempotencyKeyTaken('another request has this idempotency key')
  claimed.add(id)
  return { [Symbol.dispose]: () => void claimed.delete(id) }
}
