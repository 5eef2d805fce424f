import type { Problem } from './observer.ts'

export type Listeners<T> = Readonly<{
  /** Answers how to stop. */
  add(listener: (value: T) => void): () => void
  tell(value: T): void
}>

/** A listener that throws is reported and keeps nothing from the others. */
export function createListeners<T>(what: string, onProblem: (problem: Problem) => void): Listeners<T> {
  const listeners = new Set<Readonly<{ listener: (value: T) => void }>>()
  return {
    add(listener) {
      const entry = { listener }
      listeners.add(entry)
      return () => void listeners.delete(entry)
    },
    tell(value) {
      for (const { listener } of listeners) {
        try {
          listener(value)
        } catch (error) {
          onProblem({ source: 'listener', message: `a listener of ${what} threw`, error })
        }
      }
    },
  }
}
