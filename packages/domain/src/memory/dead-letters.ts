import type { DeadLetter, DeadLetters } from '../health/dead-letters.ts'

export type StoredLetter = DeadLetter & Readonly<{ schemaVersion: '1'; eventId: string; at: string }>

/** `letters` is what the stream holds, in its order. */
export function memoryDeadLetters(
  now: () => Date = () => new Date(),
): DeadLetters & Readonly<{ letters: readonly StoredLetter[] }> {
  const letters: StoredLetter[] = []
  const seen = new Set<string>()
  const identity = ({ reason, operatorId, streamSequence }: DeadLetter): string =>
    reason === 'UNKNOWN_OPERATOR' ? `${operatorId}:${now().toISOString().slice(0, 13)}` : `sequence:${streamSequence}`
  return {
    letters,
    publish: async (letter) => {
      if (seen.has(identity(letter))) return
      seen.add(identity(letter))
      letters.push({ schemaVersion: '1', eventId: crypto.randomUUID(), at: now().toISOString(), ...letter })
    },
  }
}
