import { OperatorClientError } from './errors.ts'
import type { InternalApi } from './internal-api.ts'
import type { Problem } from './observer.ts'
import type { OperatorStates } from './operator-states.ts'
import { backoffMs, pause } from './pause.ts'
import { configurationOf, readOperator } from './read-operator.ts'
import type { Timing } from './timing.ts'

export type Rereads = Readonly<{
  /** Reads the operator until it is known at `version` or later; `rotated` is told with that change. */
  want(operatorId: string, version: number, rotated: boolean): void
  /** Those that are still to be read. */
  wanted(): Iterable<string>
  /** Whether an event that is still to be read told of new credentials. */
  rotated(operatorId: string): boolean
  /** What is on its way is of no interest any more. */
  forget(operatorId: string): void
  /** Before this nothing is read: most of what is wanted then comes with the first snapshot. */
  start(): void
}>

const AT_ONCE = 8

/** Reads single operators, each at most once at a time; one that fails is tried again later and holds up no other. */
export function createRereads({
  api,
  states,
  timing,
  onProblem,
  signal,
}: Readonly<{
  api: Pick<InternalApi, 'get'>
  states: OperatorStates
  timing: Timing
  onProblem: (problem: Problem) => void
  signal: AbortSignal
}>): Rereads {
  const wanted = new Map<string, { version: number; rotated: boolean; failures: number }>()
  const due = new Set<string>()
  const reading = new Set<string>()
  let started = false
  let away = false

  function next(): void {
    if (!started || signal.aborted) return
    for (const operatorId of due) {
      if (reading.size >= AT_ONCE) return
      if (reading.has(operatorId)) continue
      due.delete(operatorId)
      reading.add(operatorId)
      void read(operatorId)
    }
  }

  async function read(operatorId: string): Promise<void> {
    const want = wanted.get(operatorId)
    try {
      if (want !== undefined && states.version(operatorId) < want.version) {
        const answer = await answerOf(operatorId)
        // Forgotten meanwhile: the answer may be from before the deletion.
        if (signal.aborted || wanted.get(operatorId) !== want) return
        if (answer === undefined) states.remove(operatorId, want.version)
        else states.put(answer, want.rotated)
      }
      settle(operatorId)
    } catch (error) {
      if (signal.aborted) return
      if (!away) onProblem({ source: 'internal-api', message: 'an operator could not be read; trying again', error })
      away = true
      settle(operatorId)
    } finally {
      if (wanted.size === 0) away = false
      reading.delete(operatorId)
      next()
    }
  }

  /** Undefined: there is no such operator. */
  async function answerOf(operatorId: string) {
    try {
      const answer = readOperator(await api.get(`/operators/${encodeURIComponent(operatorId)}`))
      if (answer.operatorId !== operatorId) throw new TypeError('the internal API answered another operator')
      return configurationOf(answer)
    } catch (error) {
      if (error instanceof OperatorClientError && error.code === 'NOT_FOUND') return undefined
      throw error
    }
  }

  function settle(operatorId: string): void {
    const want = wanted.get(operatorId)
    if (want === undefined) return
    if (states.version(operatorId) >= want.version) return void wanted.delete(operatorId)
    want.failures += 1
    void pause(backoffMs(want.failures, timing), signal).then(() => {
      if (wanted.get(operatorId) !== want) return
      due.add(operatorId)
      next()
    })
  }

  return {
    want(operatorId, version, rotated) {
      const want = wanted.get(operatorId)
      if (want !== undefined) {
        want.version = Math.max(want.version, version)
        want.rotated ||= rotated
        return
      }
      wanted.set(operatorId, { version, rotated, failures: 0 })
      due.add(operatorId)
      next()
    },
    wanted: () => wanted.keys(),
    rotated: (operatorId) => wanted.get(operatorId)?.rotated ?? false,
    forget(operatorId) {
      wanted.delete(operatorId)
      due.delete(operatorId)
    },
    start() {
      started = true
      next()
    },
  }
}
