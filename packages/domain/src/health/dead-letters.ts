import type { OperatorId } from '../operator/operator-id.ts'

export type DeadLetterReason = 'UNDECODABLE' | 'UNKNOWN_OPERATOR'

export type DeadLetter = Readonly<{
  subject: string
  streamSequence: number
  reason: DeadLetterReason
  operatorId?: OperatorId
  /** As received, cut at 4 KiB. */
  payload: string
}>

export interface DeadLetters {
  /**
   * Resolves once stored. One per operator and hour for UNKNOWN_OPERATOR, one per stream sequence for UNDECODABLE.
   * Rejects with DEPENDENCY_UNAVAILABLE.
   */
  publish(letter: DeadLetter): Promise<void>
}
