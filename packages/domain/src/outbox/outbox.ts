import type { OutboxEvent } from './outbox-event.ts'

/** `position` grows per operator in version order; `committedAt` is PostgreSQL's time of the insert. */
export type PendingEvent = OutboxEvent & Readonly<{ position: string; committedAt: Date }>

export type OutboxBacklog = Readonly<{ depth: number; oldestAgeSeconds: number; parked: number }>

/** The events that committed and are not yet in the stream. Rejects with DEPENDENCY_UNAVAILABLE. */
export interface Outbox {
  /** The oldest `limit` rows that are neither published nor parked, by position. */
  pending(limit: number): Promise<readonly PendingEvent[]>
  markPublished(positions: readonly string[]): Promise<void>
  /** Sets a row aside that the stream refuses for good, so that others go on. */
  park(position: string, reason: string): Promise<void>
  backlog(): Promise<OutboxBacklog>
  /** Drops published rows that are older than `days`; returns how many. */
  prune(days: number): Promise<number>
}
