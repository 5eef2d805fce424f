import { DomainError } from '@oms/domain'

/**
 * What may be known of a failed Redis command. ioredis hangs the command with its arguments, AUTH's included, on its errors,
 * so those go no further than here.
 */
export class RedisFailure extends Error {
  override readonly name = 'RedisFailure'
  /** Node's code, the first word of an error reply, or a word of ours: NO_CONNECTION, NO_ANSWER. */
  readonly code: string

  constructor(code: string) {
    super(`Redis: ${code}`)
    this.code = code
  }
}

export function redisFailure(error: unknown): RedisFailure {
  if (error instanceof RedisFailure) return error
  return new RedisFailure(codeOf(error))
}

/** Retry after a second: by then the client has tried to connect at least twice. */
export const redisUnavailable = (error: unknown): DomainError =>
  new DomainError('DEPENDENCY_UNAVAILABLE', 'Redis is out of reach', { retryAfter: 1, cause: redisFailure(error) })

function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return 'UNKNOWN'
  const code: unknown = 'code' in error ? error.code : undefined
  if (typeof code === 'string' && /^\w{1,64}$/.test(code)) return code
  return replyCode(error) ?? (error.name === 'Error' ? 'NO_ANSWER' : error.name)
}

/** RESP gives an error no other code than the first word of its text. */
export const replyCode = (error: Error): string | undefined =>
  error.name === 'ReplyError' ? /^[A-Z]{2,32}\b/.exec(error.message)?.[0] : undefined
