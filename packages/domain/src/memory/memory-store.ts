import type { AuditEntry } from '../change/audit-entry.ts'
import type { IdempotencyClaim, StoredAnswer } from '../change/idempotency.ts'
import type { RecordedChange } from '../change/recorded-change.ts'
import { HEALTH_FRESH_SECONDS } from '../health/health-state.ts'
import { microsOfDate } from '../health/micros.ts'
import type { HealthTransition, OperatorHealth } from '../health/operator-health.ts'
import type { Operator, OperatorView } from '../operator/operator.ts'
import type { OperatorId } from '../operator/operator-id.ts'
import type { PendingEvent } from '../outbox/outbox.ts'
import type { OutboxEvent } from '../outbox/outbox-event.ts'
import type { RoutingRule } from '../routing/routing-rule.ts'
import { createRowLocks, type RowLocks } from './row-locks.ts'

export type MemoryOperator = Readonly<{ operator: Operator; provisional: boolean }>
export type MemoryCleanup = Readonly<{ operatorId: OperatorId; dueAt: number; firstPass: boolean }>
export type MemoryOutboxRow = Readonly<{ event: PendingEvent; publishedAt: number | null; parkedFor: string | null }>
/** What a change that has not committed claims; others that want the same wait for `settled`. */
export type MemoryClaim = Readonly<{ next: Operator; settled: Promise<void> }>
/** `operatorId` is that of a create which may still be going on. */
export type MemoryKey = Readonly<{
  claim: IdempotencyClaim
  answer: StoredAnswer | null
  operatorId: OperatorId | null
  madeAt: number
}>

/** What the twins of the database share. Committed values only, but for `claims` and `keysInHand`. */
export type MemoryStore = Readonly<{
  now: () => Date
  lock: RowLocks
  operators: Map<OperatorId, MemoryOperator>
  claims: Map<OperatorId, MemoryClaim>
  cleanups: Map<OperatorId, MemoryCleanup>
  /** By operator, then by ruleId. */
  rules: Map<OperatorId, ReadonlyMap<string, RoutingRule>>
  keys: Map<string, MemoryKey>
  /** Claims of changes that have not committed. */
  keysInHand: Set<string>
  health: Map<OperatorId, OperatorHealth>
  healthLog: HealthTransition[]
  audit: AuditEntry[]
  outbox: Map<string, MemoryOutboxRow>
  /** Positions given out and configuration changes committed. */
  counters: { position: number; configuration: number }
}>

export function createMemoryStore(now: () => Date = () => new Date()): MemoryStore {
  return {
    now,
    lock: createRowLocks(),
    operators: new Map(),
    claims: new Map(),
    cleanups: new Map(),
    rules: new Map(),
    keys: new Map(),
    keysInHand: new Set(),
    health: new Map(),
    healthLog: [],
    audit: [],
    outbox: new Map(),
    counters: { position: 0, configuration: 0 },
  }
}

export function liveOperator(store: MemoryStore, operatorId: OperatorId): Operator | undefined {
  const row = store.operators.get(operatorId)
  return row === undefined || row.provisional || row.operator.deletedAt !== null ? undefined : row.operator
}

/** Every operator that is no provisional one, the deleted included. */
export const finishedOperators = (store: MemoryStore): readonly Operator[] =>
  [...store.operators.values()].filter(({ provisional }) => !provisional).map(({ operator }) => operator)

export const liveOperators = (store: MemoryStore): readonly Operator[] =>
  finishedOperators(store).filter(({ deletedAt }) => deletedAt === null)

export const rulesOf = (store: MemoryStore, operatorId: OperatorId): ReadonlyMap<string, RoutingRule> =>
  store.rules.get(operatorId) ?? new Map<string, RoutingRule>()

/** Age of the last report in seconds, null before the first. */
export function healthAge(store: MemoryStore, health: OperatorHealth | undefined): number | null {
  const reported = health?.lastReceivedAt ?? null
  return reported === null ? null : (microsOfDate(store.now()) - reported) / 1_000_000
}

export function viewOf(store: MemoryStore, operator: Operator): OperatorView {
  const health = store.health.get(operator.operatorId)
  const healthStale = (healthAge(store, health) ?? 0) > HEALTH_FRESH_SECONDS
  return { operator, healthState: healthStale ? 'UNKNOWN' : (health?.state ?? 'UNKNOWN'), healthStale }
}

export function commitEvent(store: MemoryStore, event: OutboxEvent): void {
  store.counters.position += 1
  const position = String(store.counters.position)
  store.outbox.set(position, {
    event: { ...event, position, committedAt: store.now() },
    publishedAt: null,
    parkedFor: null,
  })
}

/** Commits the final state of an operator with what belongs to it. */
export function commitChange(store: MemoryStore, operator: Operator, change: RecordedChange): void {
  store.operators.set(operator.operatorId, { operator, provisional: false })
  store.audit.push(change.audit)
  commitEvent(store, change.event)
  commitEvent(store, change.auditEvent)
  store.counters.configuration += 1
}
