import type { Outbox } from '../outbox/outbox.ts'
import type { MemoryOutboxRow, MemoryStore } from './memory-store.ts'

const DAY_MS = 86_400_000

export function memoryOutbox(store: MemoryStore): Outbox {
  const { outbox } = store
  // A Map keeps the order of insertion, which is that of the positions.
  const waiting = () =>
    [...outbox.values()].filter(({ publishedAt, parkedFor }) => publishedAt === null && parkedFor === null)
  const change = (position: string, facts: Partial<MemoryOutboxRow>): void => {
    const row = outbox.get(position)
    if (row !== undefined) outbox.set(position, { ...row, ...facts })
  }
  return {
    pending: async (limit) =>
      waiting()
        .slice(0, limit)
        .map(({ event }) => event),

    markPublished: async (positions) => {
      for (const position of positions) change(position, { publishedAt: store.now().getTime() })
    },

    park: async (position, reason) => change(position, { parkedFor: reason }),

    backlog: async () => {
      const rows = waiting()
      const now = store.now()
      const oldest = rows[0]?.event.committedAt ?? now
      return {
        depth: rows.length,
        oldestAgeSeconds: (now.getTime() - oldest.getTime()) / 1_000,
        parked: [...outbox.values()].filter(({ parkedFor }) => parkedFor !== null).length,
      }
    },

    prune: async (days) => {
      const before = store.now().getTime() - days * DAY_MS
      const old = [...outbox].filter(([, { publishedAt }]) => publishedAt !== null && publishedAt <= before)
      for (const [position] of old) outbox.delete(position)
      return old.length
    },
  }
}
