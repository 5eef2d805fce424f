/** One request that must happen once, however often it is sent. `fingerprint` tells it from others under the same key. */
export type IdempotencyClaim = Readonly<{ subject: string; key: string; fingerprint: string }>

/** What the caller was told, as JSON, to be told again. It holds no secret. */
export type StoredAnswer = Readonly<Record<string, unknown>>

export type KeptAnswer = Readonly<{ claim: IdempotencyClaim; answer: StoredAnswer }>

/** How a use case makes its claim and what it keeps for it. */
export type Once<Result> = Readonly<{ claim: IdempotencyClaim; answerTo: (result: Result) => StoredAnswer }>

/** `answer` is null while the first request runs. */
export type IdempotencyRecord = Readonly<{ fingerprint: string; answer: StoredAnswer | null }>

/** Hours for which an answer is kept. */
export const IDEMPOTENCY_HOURS = 24

/** Claims and their answers; older ones do not exist for any method. Rejects with DEPENDENCY_UNAVAILABLE. */
export interface IdempotencyKeys {
  find(claim: Pick<IdempotencyClaim, 'subject' | 'key'>): Promise<IdempotencyRecord | undefined>
  /** Drops what is too old; returns how many. */
  prune(): Promise<number>
}

/** Somebody else has made this claim, or is about to. Nothing was done. */
export class IdempotencyKeyTaken extends Error {
  override readonly name = 'IdempotencyKeyTaken'
}
