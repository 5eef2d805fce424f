import { OperatorClientError } from './errors.ts'

/** How long an answer is waited for. */
export type Patience = Readonly<{
  /** Aborts, with an OperatorClientError for its reason, when it is lost. */
  signal: AbortSignal
  /** As long again, from now. */
  renew(): void
  /** Time does not count until it is renewed. */
  rest(): void
  /** Until it is renewed it is not lost while others are answered: `answeredAt`, of `performance.now`, is when the last one was. */
  queue(answeredAt: () => number): void
  lose(reason: OperatorClientError): void
  /** It is needed no more, and can no longer be lost. */
  end(): void
}>

export function openPatience(ms: number, onEnd: () => void): Patience {
  const controller = new AbortController()
  let timer: NodeJS.Timeout | undefined
  let ended = false

  const rest = () => clearTimeout(timer)
  const end = () => {
    ended = true
    rest()
    onEnd()
  }
  const lose = (reason: OperatorClientError) => {
    if (ended) return
    end()
    controller.abort(reason)
  }
  const renew = () => {
    rest()
    if (ended) return
    timer = setTimeout(() => lose(new OperatorClientError('UNAVAILABLE', TOO_LONG)), ms)
  }
  const queue = (answeredAt: () => number, patience = ms) => {
    rest()
    timer = setTimeout(() => {
      const left = answeredAt() + ms - performance.now()
      if (left > 0) queue(answeredAt, left)
      else lose(new OperatorClientError('UNAVAILABLE', TOO_LONG))
    }, patience)
  }
  renew()
  return { signal: controller.signal, renew, rest, queue, lose, end }
}

const TOO_LONG = 'the internal API did not answer in time'
