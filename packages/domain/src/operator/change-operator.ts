import type { Once } from '../change/idempotency.ts'
import { CommitOutcomeUnknown, DomainError } from '../errors.ts'
import type { OperatorId } from './operator-id.ts'
import type { OperatorChange, OperatorRepository } from './operator-repository.ts'

export type ChangeOperatorPorts = Readonly<{
  operators: Pick<OperatorRepository, 'change' | 'wasCommitted'>
  wakeRelay: () => void
}>

export type ChangePlan<T> = Readonly<{
  operatorId: OperatorId
  /** Of the event that the change records: by it the database tells whether the change stands. */
  eventId: string
  acrossVault?: boolean
  once?: Once<T> | undefined
  /** What the caller is told did not happen: `the operator was not deleted`. */
  undone: string
}>

/**
 * Runs `work` under the operator's row lock, keeps its answer where it has a claim, and wakes the relay. A COMMIT of
 * unknown outcome is looked up: the result when it stands, else DEPENDENCY_UNAVAILABLE.
 */
export async function changeOperator<T>(
  { operators, wakeRelay }: ChangeOperatorPorts,
  { operatorId, eventId, acrossVault = false, once, undone }: ChangePlan<T>,
  work: (change: OperatorChange) => Promise<T>,
): Promise<T> {
  // Kept outside, so that the answer is at hand when COMMIT's own is lost.
  let done: Readonly<{ result: T }> | undefined
  const working = async (change: OperatorChange): Promise<T> => {
    const result = await work(change)
    if (once !== undefined) await change.keepAnswer(once.answerTo(result))
    done = { result }
    return result
  }
  let result: T
  try {
    result = await operators.change(operatorId, { acrossVault, claim: once?.claim }, working)
  } catch (error) {
    if (!(error instanceof CommitOutcomeUnknown)) throw error
    if (done === undefined || !(await operators.wasCommitted(operatorId, eventId))) throw lost(undone, error)
    result = done.result
  }
  wakeRelay()
  return result
}

const lost = (undone: string, cause: unknown): DomainError =>
  new DomainError('DEPENDENCY_UNAVAILABLE', `${undone}: the database lost the connection`, { retryAfter: 1, cause })
