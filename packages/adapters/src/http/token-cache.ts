import { hash } from 'node:crypto'

/** Remembers what tokens were verified to say, until they expire. Holds no token, only its digest. */
export function createTokenCache<T>(capacity: number, now: () => number = Date.now) {
  const entries = new Map<string, { value: T; expiresAtMs: number }>()
  const digest = (token: string): string => hash('sha256', token, 'base64')

  return {
    get(token: string): T | undefined {
      const key = digest(token)
      const entry = entries.get(key)
      if (entry === undefined) return undefined
      entries.delete(key)
      if (entry.expiresAtMs <= now()) return undefined
      entries.set(key, entry)
      return entry.value
    },

    set(token: string, value: T, expiresAtMs: number): void {
      entries.set(digest(token), { value, expiresAtMs })
      // A Map keeps the order of insertion, and `get` inserts anew: the first is the longest unused.
      const [oldest] = entries.keys()
      if (entries.size > capacity && oldest !== undefined) entries.delete(oldest)
    },
  }
}
