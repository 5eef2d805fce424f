import { createCircuit } from './circuit.ts'
import { OperatorClientError } from './errors.ts'
import { type HealthAnswer, readHealthAnswer } from './health-word.ts'
import type { InternalApi } from './internal-api.ts'
import type { Problem } from './observer.ts'
import type { Timing } from './timing.ts'

export type HealthFallback = Readonly<{
  /** Undefined: there is no such operator. Rejects while the internal API is away; who asks at once shares one request. */
  ask(operatorId: string): Promise<HealthAnswer | undefined>
}>

/** What the internal API says where Redis does not. */
export function createHealthFallback({
  api,
  timing,
  onProblem,
}: Readonly<{
  api: Pick<InternalApi, 'get'>
  timing: Timing
  onProblem: (problem: Problem) => void
}>): HealthFallback {
  const asked = new Map<string, Promise<HealthAnswer | undefined>>()
  const circuit = createCircuit(timing, (closed, error) =>
    onProblem({
      source: 'internal-api',
      message: closed ? 'answers for health again' : 'health cannot be asked; without a word it is UNKNOWN',
      ...(!closed && { error }),
    }),
  )

  async function answer(operatorId: string): Promise<HealthAnswer | undefined> {
    try {
      return readHealthAnswer(await api.get(`/operators/${encodeURIComponent(operatorId)}/health`))
    } catch (error) {
      if (error instanceof OperatorClientError && error.code === 'NOT_FOUND') return undefined
      throw error
    }
  }

  return {
    ask(operatorId) {
      const pending = asked.get(operatorId)
      if (pending !== undefined) return pending
      const asking = circuit.run(() => answer(operatorId)).finally(() => asked.delete(operatorId))
      asked.set(operatorId, asking)
      return asking
    },
  }
}
