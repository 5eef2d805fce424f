import { circuitBreaker, CircuitState, ConsecutiveBreaker, ExponentialBackoff, handleAll } from 'cockatiel'
import type { Timing } from './timing.ts'

export type Circuit = Readonly<{
  /** Rejects as `send` does, or at once while what it asks is known to be away. */
  run<T>(send: () => Promise<T>): Promise<T>
  isClosed(): boolean
}>

/** One failure may be this process's own pause; two in a row are not. */
const FAILURES = 2

/**
 * Opens when what is asked fails, so that its time-out is not paid per call; then one call at a time tries, after
 * `retryFirst` and ever more rarely up to `retryMost`.
 */
export function createCircuit(
  { retryFirst, retryMost }: Pick<Timing, 'retryFirst' | 'retryMost'>,
  onChange: (closed: boolean, error?: unknown) => void,
): Circuit {
  const policy = circuitBreaker(handleAll, {
    breaker: new ConsecutiveBreaker(FAILURES),
    halfOpenAfter: new ExponentialBackoff({ initialDelay: retryFirst, maxDelay: retryMost }),
  })
  let closed = true
  policy.onBreak((reason) => {
    if (closed) onChange(false, 'error' in reason ? reason.error : undefined)
    closed = false
  })
  policy.onReset(() => {
    if (!closed) onChange(true)
    closed = true
  })
  return {
    async run(send) {
      // cockatiel would let the others wait for the one that tries.
      if (policy.state === CircuitState.HalfOpen) throw new Error('away; another call is trying')
      return policy.execute(send)
    },
    isClosed: () => policy.state === CircuitState.Closed,
  }
}
