/**
 * unreachable: no answer came; for a write, it may have happened · unavailable: 5xx, sealed · denied: 403 · cas_mismatch,
 * not_found: ordinary answers · refused: any other status · unclear: an answer of another shape than asked for ·
 * circuit_open, no_token: nothing was sent
 */
export type FailureKind =
  | 'unreachable'
  | 'unavailable'
  | 'denied'
  | 'cas_mismatch'
  | 'not_found'
  | 'refused'
  | 'unclear'
  | 'circuit_open'
  | 'no_token'

export type FailureFacts = Readonly<{
  status?: number | undefined
  /** Node's code for what went wrong below HTTP, or a word of ours. */
  code?: string | undefined
  /** The texts of Vault's own `errors`; undefined when the answer was not Vault's. */
  errors?: readonly string[] | undefined
}>

/** What may be known of a failed request: nothing of its headers, which hold the token, nor of its body. */
export class VaultFailure extends Error {
  override readonly name = 'VaultFailure'
  readonly kind: FailureKind
  readonly status: number | undefined
  readonly code: string | undefined
  readonly errors: readonly string[] | undefined

  constructor(kind: FailureKind, { status, code, errors }: FailureFacts = {}) {
    super(`Vault: ${[kind, status, code].filter((fact) => fact !== undefined).join(' ')}`)
    this.kind = kind
    this.status = status
    this.code = code
    this.errors = errors
  }
}

/** Vault or the way to it is broken, whatever was asked. */
export const isInfrastructure = ({ kind }: VaultFailure): boolean => kind === 'unreachable' || kind === 'unavailable'

/** Anything that was thrown, without what it carried. */
export function vaultFailure(error: unknown): VaultFailure {
  if (error instanceof VaultFailure) return error
  if (!isObject(error)) return new VaultFailure('unclear')
  const code = typeof error.code === 'string' && /^\w{1,64}$/.test(error.code) ? error.code : undefined
  // The socket's own, while it connects.
  if (code === 'ETIMEDOUT') return new VaultFailure('unreachable', { code: 'TIMEOUT' })
  if (code !== undefined) return new VaultFailure('unreachable', { code })
  return new VaultFailure('unclear', { code: 'UNEXPECTED_ANSWER' })
}

/** An answer that is no success. */
export function answeredWith(status: number, body: unknown): VaultFailure {
  const errors = textsOf(body)
  const facts = { status, ...(errors !== undefined && { errors }) }
  if (status >= 500) return new VaultFailure('unavailable', facts)
  if (status === 403) return new VaultFailure('denied', facts)
  // An unmounted path is 404 too, but says so, and a proxy does not speak as Vault does: neither means that a secret is absent.
  if (status === 404 && errors?.length === 0) return new VaultFailure('not_found', facts)
  return new VaultFailure('refused', facts)
}

/** Every error of Vault has `errors`; a version that was deleted is a 404 with `data`. */
function textsOf(body: unknown): readonly string[] | undefined {
  if (!isObject(body)) return undefined
  if (Array.isArray(body.errors)) {
    return body.errors.slice(0, 5).flatMap((text) => (typeof text === 'string' ? [text.trim().slice(0, 200)] : []))
  }
  return isObject(body.data) ? [] : undefined
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null
