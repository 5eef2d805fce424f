import { type HealthWord, isNewer } from './health-word.ts'
import type { HealthState } from './operator.ts'
import type { Timing } from './timing.ts'

export type HealthChange = Readonly<{ operatorId: string; before: HealthState; after: HealthState }>

/** What a read of an operator's key brought. `life` is what was left of it in ms, where that was asked. */
export type KeyReading = Readonly<{ word: HealthWord; life?: number }>

/** Whom to believe about every operator, from memory. Times are of a monotonic clock of this process. */
export type HealthView = Readonly<{
  stateOf(operatorId: string): HealthState
  /** An event. */
  tell(operatorId: string, word: HealthWord): void
  /** A snapshot: advisory. UNKNOWN when it was stale. */
  advise(operatorId: string, state: HealthState): void
  /** Redis answered; undefined: there is no such key. `since` is when it was asked. */
  read(operatorId: string, reading: KeyReading | undefined, since: number): void
  /** Whether a key that is there should be asked for its remaining life. */
  wantsLife(operatorId: string): boolean
  /** The internal API answered. `silent`: and that its last report is too old. */
  answer(operatorId: string, word: HealthWord, silent: boolean): void
  /** When something was last heard of it, or asked: -Infinity for never. */
  touchedAt(operatorId: string): number
  asked(operatorId: string): void
  /** Tells of those who have gone silent, and drops those of them who are not in the directory. */
  settle(known: ReadonlySet<string>): void
  forget(operatorId: string): void
}>

type Held = {
  word: HealthWord
  /** From when its life of `healthSilence` counts; -Infinity when it is over. */
  since: number
  /** It came from a snapshot. */
  advisory: boolean
  /** `since` is close to when the report came, not only to when this process heard of it. */
  timed: boolean
  /** When its key was last found. */
  readAt: number
  /** When its key was first found missing since. */
  missedAt: number | undefined
  askedAt: number
  told: HealthState
}

export function createHealthView(
  { healthSilence, healthPoll }: Pick<Timing, 'healthSilence' | 'healthPoll'>,
  now: () => number,
  onChange: (change: HealthChange) => void,
): HealthView {
  const operators = new Map<string, Held>()

  const isAlive = ({ since }: Held) => now() - since < healthSilence
  const current = (held: Held | undefined) => (held !== undefined && isAlive(held) ? held.word.state : 'UNKNOWN')

  function publish(operatorId: string, held: Held, after: HealthState): void {
    const before = held.told
    if (before === after) return
    held.told = after
    onChange({ operatorId, before, after })
  }

  function of(operatorId: string): Held {
    const held = operators.get(operatorId)
    if (held !== undefined) {
      publish(operatorId, held, current(held))
      return held
    }
    const fresh: Held = {
      ...{ word: { state: 'UNKNOWN', at: -1 }, since: -Infinity, advisory: false, timed: false },
      ...{ readAt: -Infinity, missedAt: undefined, askedAt: -Infinity, told: 'UNKNOWN' },
    }
    operators.set(operatorId, fresh)
    return fresh
  }

  function hold(operatorId: string, held: Held, next: Pick<Held, 'word' | 'since'> & Partial<Held>): void {
    Object.assign(held, { advisory: false, timed: false, missedAt: undefined }, next)
    publish(operatorId, held, current(held))
  }

  function end(operatorId: string, held: Held): void {
    held.since = -Infinity
    publish(operatorId, held, 'UNKNOWN')
  }

  function found(operatorId: string, held: Held, { word, life }: KeyReading): void {
    const exact = life === undefined ? undefined : now() + Math.min(life, healthSilence) - healthSilence
    // A key lives as long as its report is fresh: it is right where the server's clock was set back, and where it had been
    // missed. But what ran out of its life here is over.
    const revived = exact !== undefined && !isAlive(held) && (word.at !== held.word.at || held.since === -Infinity)
    if (held.advisory || revived || isNewer(word, held.word))
      hold(operatorId, held, { word, since: exact ?? now(), timed: true })
    else if (word.at === held.word.at && exact !== undefined) {
      held.since = Math.min(held.since, exact)
      held.timed = true
      publish(operatorId, held, current(held))
    }
    held.readAt = now()
    held.missedAt = undefined
  }

  function missed(operatorId: string, held: Held, since: number): void {
    const left = held.since + healthSilence - now()
    held.missedAt ??= since
    // Gone before its time: Redis lost it. And a word that no key has borne out may be ahead of its key.
    const over = held.timed ? left <= 2 * healthPoll : since - held.missedAt >= healthPoll / 2
    if (over) end(operatorId, held)
  }

  return {
    stateOf: (operatorId) => current(operators.get(operatorId)),
    tell(operatorId, word) {
      const held = of(operatorId)
      if (isNewer(word, held.word)) hold(operatorId, held, { word, since: now() })
    },
    advise(operatorId, state) {
      const held = of(operatorId)
      if (isAlive(held) && !held.advisory) return
      if (state === 'UNKNOWN') end(operatorId, held)
      else hold(operatorId, held, { word: { state, at: held.word.at }, since: now(), advisory: true })
    },
    read(operatorId, reading, since) {
      const held = of(operatorId)
      if (reading === undefined) missed(operatorId, held, since)
      else found(operatorId, held, reading)
    },
    wantsLife(operatorId) {
      const held = operators.get(operatorId)
      return held === undefined || !held.timed || !isAlive(held) || now() - held.readAt > 2 * healthPoll
    },
    answer(operatorId, word, silent) {
      const held = of(operatorId)
      held.askedAt = now()
      if (silent) {
        if (word.at >= held.word.at) end(operatorId, held)
      } else if (isNewer(word, held.word) || (held.advisory && word.at === held.word.at)) {
        hold(operatorId, held, { word, since: now() })
      }
    },
    touchedAt(operatorId) {
      const held = operators.get(operatorId)
      return held === undefined ? -Infinity : Math.max(held.since, held.askedAt)
    },
    asked(operatorId) {
      of(operatorId).askedAt = now()
    },
    settle(known) {
      for (const [operatorId, held] of operators) {
        publish(operatorId, held, current(held))
        if (!known.has(operatorId) && !isAlive(held)) operators.delete(operatorId)
      }
    },
    forget(operatorId) {
      const held = operators.get(operatorId)
      if (held === undefined) return
      operators.delete(operatorId)
      publish(operatorId, held, 'UNKNOWN')
    },
  }
}
