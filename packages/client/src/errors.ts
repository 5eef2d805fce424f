/**
 * NOT_FOUND: there is no such operator. REFUSED: this client's certificate may not, or what it asked for makes no sense;
 * trying again will not help. UNAVAILABLE: the service, Vault behind it or the way there is away; trying again will.
 */
export type OperatorClientErrorCode = 'NOT_FOUND' | 'REFUSED' | 'UNAVAILABLE'

/** The one error that this client rejects with. It carries no header, body, key or password, and therefore no cause. */
export class OperatorClientError extends Error {
  override readonly name = 'OperatorClientError'
  readonly code: OperatorClientErrorCode
  /** In milliseconds, where the service said so. */
  declare readonly retryAfterMs?: number

  constructor(code: OperatorClientErrorCode, message: string, retryAfterMs?: number) {
    super(message)
    this.code = code
    if (retryAfterMs !== undefined) this.retryAfterMs = retryAfterMs
  }
}
