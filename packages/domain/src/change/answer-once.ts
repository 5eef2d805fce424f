import { DomainError } from '../errors.ts'
import { type IdempotencyClaim, type IdempotencyKeys, IdempotencyKeyTaken, type StoredAnswer } from './idempotency.ts'

export type AnswerOncePorts = Readonly<{
  idempotency: Pick<IdempotencyKeys, 'find'>
  /** Milliseconds on a clock that never steps. */
  elapsedMs: () => number
  pause: (milliseconds: number) => Promise<void>
}>

export type OnceAnswer = Readonly<{ answer: StoredAnswer; replayed: boolean }>

const WAIT_MS = 5_000
const LOOK_AGAIN_MS = 100

/**
 * Answers a request that was answered before with the same answer, else runs it; `run` makes the claim and keeps the answer
 * in the transactions of its change. While another request with the key runs, waits up to 5 s for its answer.
 * Rejects with IDEMPOTENCY_CONFLICT when the key stands for another request, with IDEMPOTENCY_IN_PROGRESS, and as `run`
 * does, after which the key is free.
 */
export async function answerOnce(
  ports: AnswerOncePorts,
  claim: IdempotencyClaim,
  run: () => Promise<StoredAnswer>,
): Promise<OnceAnswer> {
  const since = ports.elapsedMs()
  for (;;) {
    const found = await ports.idempotency.find(claim)
    if (found !== undefined && found.fingerprint !== claim.fingerprint) {
      throw new DomainError('IDEMPOTENCY_CONFLICT', 'this idempotency key was used for another request')
    }
    if (found?.answer) return { answer: found.answer, replayed: true }
    if (found === undefined) {
      try {
        return { answer: await run(), replayed: false }
      } catch (error) {
        if (!(error instanceof IdempotencyKeyTaken)) throw error
      }
    }
    if (ports.elapsedMs() - since >= WAIT_MS) {
      throw new DomainError(
        'IDEMPOTENCY_IN_PROGRESS',
        'the first request with this idempotency key is not answered yet',
        {
          retryAfter: 1,
        },
      )
    }
    await ports.pause(LOOK_AGAIN_MS)
  }
}
