import type { Operator } from './operator.ts'

/**
 * One operator from one state to the next that is known: made when `before` is undefined, deleted when `after` is. Not
 * every version in between need have been seen. `credentialsChanged`: what was read before may no longer bind.
 */
export type DirectoryChange = Readonly<{
  operatorId: string
  before: Operator | undefined
  after: Operator | undefined
  credentialsChanged: boolean
}>

/** What is known of all operators. A version that is not newer than the known one, of a deleted operator too, changes nothing. */
export type OperatorStates = Readonly<{
  known: ReadonlyMap<string, Operator>
  /** The newest version heard of, the deletion's for a deleted one; 0 for an unknown operator. */
  version(operatorId: string): number
  /** `rotated`: the secret changed, even where its version number shows nothing. */
  put(operator: Operator, rotated: boolean): void
  /** Nothing up to `version` brings it back. */
  remove(operatorId: string, version: number): void
}>

/** Deleted operators whose late events and answers are still recognised; far more than are deleted within any delay. */
const DELETED_KEPT = 10_000

export function createOperatorStates(tell: (change: DirectoryChange) => void): OperatorStates {
  const known = new Map<string, Operator>()
  const deleted = new Map<string, number>()
  const version = (operatorId: string) => known.get(operatorId)?.version ?? deleted.get(operatorId) ?? 0

  return {
    known,
    version,
    put(after, rotated) {
      const { operatorId } = after
      if (after.version <= version(operatorId)) return
      const before = known.get(operatorId)
      deleted.delete(operatorId)
      known.set(operatorId, after)
      const renewed = before !== undefined && before.credentialsVersion !== after.credentialsVersion
      tell({ operatorId, before, after, credentialsChanged: rotated || renewed })
    },
    remove(operatorId, last) {
      const before = known.get(operatorId)
      const newest = Math.max(last, version(operatorId))
      // Deleted first, so that the map's order is that of the newest word about each.
      deleted.delete(operatorId)
      deleted.set(operatorId, newest)
      known.delete(operatorId)
      for (const oldest of deleted.keys()) {
        if (deleted.size <= DELETED_KEPT) break
        deleted.delete(oldest)
      }
      if (before !== undefined) tell({ operatorId, before, after: undefined, credentialsChanged: false })
    },
  }
}
