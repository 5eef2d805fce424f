import type { HealthFallback } from './health-fallback.ts'
import type { HealthKeys } from './health-keys.ts'
import type { HealthView } from './health-view.ts'
import { wordOfAnswer } from './health-word.ts'
import { pause } from './pause.ts'
import type { Timing } from './timing.ts'

export type HealthRefresh = Readonly<{
  /** Something was missed: everything is read again now, and what only the internal API knows is asked anew. */
  again(): void
  /** A read that is on its way does not bring it back. */
  forget(operatorId: string): void
  close(): void
}>

type Parts = Readonly<{
  view: HealthView
  keys: Pick<HealthKeys, 'readAll'>
  fallback: HealthFallback
  known: () => Iterable<string>
  timing: Timing
  now: () => number
}>

/** Questions to the internal API under way at once, and begun per `healthPoll`: 300 a second, 10,000 operators in 34 s. */
const AT_ONCE = 8
const PER_POLL = 600

/** Reads the keys of all operators every `healthPoll`, and asks the internal API about those that Redis did not answer for. */
export function startHealthRefresh({ view, keys, fallback, known, timing, now }: Parts): HealthRefresh {
  const { healthPoll, healthSilence } = timing
  let closed = false
  let due = false
  let doubtedAt = -Infinity
  let waiting = new AbortController()
  const forgotten = new Set<string>()

  async function readKeys(ids: readonly string[]): Promise<readonly string[]> {
    const unanswered = new Set(ids)
    for await (const { since, readings } of keys.readAll(ids, view.wantsLife)) {
      for (const [operatorId, reading] of readings) {
        unanswered.delete(operatorId)
        if (!closed && !forgotten.has(operatorId)) view.read(operatorId, reading, since)
      }
    }
    return [...unanswered]
  }

  /** Those of which nothing was heard for longest come first. */
  async function askFor(ids: readonly string[], until: number): Promise<void> {
    const old = Math.max(now() - healthSilence / 3, doubtedAt)
    const questions = ids
      .map((operatorId) => ({ operatorId, touchedAt: view.touchedAt(operatorId) }))
      .filter(({ touchedAt }) => touchedAt < old)
      .sort((a, b) => (a.touchedAt < b.touchedAt ? -1 : 1))
      .slice(0, PER_POLL)
      .values()
    const asking = Array.from({ length: AT_ONCE }, async () => {
      for (const { operatorId } of questions) {
        if (closed || now() > until || !(await ask(operatorId))) return
      }
    })
    await Promise.all(asking)
  }

  /** False: the internal API is away. */
  async function ask(operatorId: string): Promise<boolean> {
    try {
      const answer = await fallback.ask(operatorId)
      if (closed || forgotten.has(operatorId)) return true
      if (answer === undefined) view.asked(operatorId)
      else view.answer(operatorId, wordOfAnswer(answer), answer.healthStale)
      return true
    } catch {
      return false
    }
  }

  async function run(): Promise<void> {
    while (!closed) {
      const begun = now()
      due = false
      forgotten.clear()
      const ids = [...known()]
      const unanswered = await readKeys(ids)
      if (unanswered.length > 0) await askFor(unanswered, begun + healthPoll)
      if (closed) return
      view.settle(new Set(ids))
      waiting = new AbortController()
      // What a round takes is no pause: the asking would not keep up with the words that grow old.
      if (!due) await pause(Math.max(begun + healthPoll - now(), healthPoll / 4), waiting.signal)
    }
  }

  void run()
  return {
    again() {
      due = true
      doubtedAt = now()
      waiting.abort()
    },
    forget: (operatorId) => void forgotten.add(operatorId),
    close() {
      closed = true
      waiting.abort()
    },
  }
}
