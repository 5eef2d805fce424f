import { circuitBreaker, CircuitState as State, ConsecutiveBreaker, handleAll, isBrokenCircuitError } from 'cockatiel'
import type { VaultLimits } from './vault-config.ts'
import { isInfrastructure, VaultFailure, vaultFailure } from './vault-failure.ts'

export type CircuitState = 'closed' | 'open' | 'half_open'

export type Breaker = <T>(send: () => Promise<T>) => Promise<T>

const NAMES = {
  [State.Closed]: 'closed',
  [State.Open]: 'open',
  [State.HalfOpen]: 'half_open',
  [State.Isolated]: 'open',
} as const

/**
 * Opens after so many infrastructure failures in a row, so that a hung Vault does not tie up everybody who waits for it; then
 * one request may try. Every other answer, a refusal too, shows a Vault at work.
 */
export function createBreaker(
  { breakerFailures, breakerOpenMs }: Pick<VaultLimits, 'breakerFailures' | 'breakerOpenMs'>,
  onCircuit?: (state: CircuitState) => void,
): Breaker {
  const policy = circuitBreaker(handleAll, {
    breaker: new ConsecutiveBreaker(breakerFailures),
    halfOpenAfter: breakerOpenMs,
  })
  policy.onStateChange((state) => onCircuit?.(NAMES[state]))

  return async (send) => {
    // cockatiel would let the others wait for the one that tries.
    if (policy.state === State.HalfOpen) throw new VaultFailure('circuit_open')
    const outcome = await policy
      .execute(() => settled(send))
      .catch((error: unknown) => {
        throw isBrokenCircuitError(error) ? new VaultFailure('circuit_open') : error
      })
    if ('failure' in outcome) throw outcome.failure
    return outcome.value
  }
}

async function settled<T>(send: () => Promise<T>): Promise<{ value: T } | { failure: VaultFailure }> {
  try {
    return { value: await send() }
  } catch (error) {
    const failure = vaultFailure(error)
    if (isInfrastructure(failure)) throw failure
    return { failure }
  }
}
