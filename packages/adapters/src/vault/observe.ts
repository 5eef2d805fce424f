import { type VaultFailure, vaultFailure } from './vault-failure.ts'

export type VaultOperation = 'read' | 'write' | 'metadata' | 'destroy' | 'login' | 'renew'

export type VaultResult = 'ok' | 'error' | 'auth_error' | 'cas_mismatch' | 'not_found' | 'circuit_open'

/** One request, or one that an open circuit kept from being made. */
export type VaultRequest = Readonly<{ op: VaultOperation; result: VaultResult; durationSeconds: number }>

/** Tells of each request once it is over; rejects with `VaultFailure` only. */
export type Observe = <T>(op: VaultOperation, send: () => Promise<T>) => Promise<T>

export function createObserve(onRequest: ((request: VaultRequest) => void) | undefined): Observe {
  return async (op, send) => {
    const since = performance.now()
    const tell = (result: VaultResult) =>
      onRequest?.({ op, result, durationSeconds: (performance.now() - since) / 1_000 })
    try {
      const value = await send()
      tell('ok')
      return value
    } catch (error) {
      const failure = vaultFailure(error)
      tell(resultOf(op, failure))
      throw failure
    }
  }
}

function resultOf(op: VaultOperation, { kind }: VaultFailure): VaultResult {
  switch (kind) {
    case 'denied':
    case 'no_token':
      return 'auth_error'
    case 'refused':
      // A wrong role or secret id is a 400.
      return op === 'login' || op === 'renew' ? 'auth_error' : 'error'
    case 'cas_mismatch':
    case 'not_found':
    case 'circuit_open':
      return kind
    case 'unreachable':
    case 'unavailable':
    case 'unclear':
      return 'error'
  }
}
