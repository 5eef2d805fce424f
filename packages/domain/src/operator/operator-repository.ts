import type { IdempotencyClaim, KeptAnswer, StoredAnswer } from '../change/idempotency.ts'
import type { RecordedChange } from '../change/recorded-change.ts'
import type { HealthState } from '../health/health-state.ts'
import type { RoutingRuleChanges } from '../routing/routing-rule-changes.ts'
import type { Endpoint, Operator, OperatorView, ProvisionalOperator } from './operator.ts'
import type { OperatorId } from './operator-id.ts'
import type { OperatorStatus } from './status.ts'

export const OPERATOR_SORT_FIELDS = ['createdAt', 'updatedAt', 'name', 'host', 'status', 'systemId'] as const
export type OperatorSortField = (typeof OPERATOR_SORT_FIELDS)[number]

export type OperatorQuery = Readonly<{
  status?: OperatorStatus
  healthState?: HealthState
  /** Case-insensitive part of name, host or systemId; no wildcards. */
  q?: string
  includeDeleted: boolean
  /** From 1. */
  page: number
  limit: number
  sort: Readonly<{ field: OperatorSortField; descending: boolean }>
}>

export type OperatorPage = Readonly<{ views: readonly OperatorView[]; total: number }>

/** Who holds a name or an endpoint. A provisional holder is a create that is being finished. */
export type Holder = Readonly<{
  operatorId: OperatorId
  name: string
  holds: 'endpoint' | 'name'
  provisional: boolean
}>

/** What a create or an update claims for one operator alone. */
export type Claim = Endpoint & Readonly<{ name: string }>

/**
 * A transaction that holds one live operator's row lock. `at` is its time on PostgreSQL's clock.
 * What is written here commits when the work resolves and is rolled back when it rejects.
 */
export type OperatorChange = Readonly<{
  operator: Operator
  at: Date
  /**
   * Writes the settings of `next` where it is, so that the unique indexes speak before anything outside is touched.
   * Rejects with DUPLICATE_OPERATOR or DUPLICATE_NAME.
   */
  save(next: Operator): Promise<void>
  /** Makes the secret's removal due in `days`. */
  scheduleCredentialsRemoval(days: number): Promise<void>
  /** The operator's rules, as this transaction has them. */
  rules: RoutingRuleChanges
  /** Writes the final state of `next` with its history and its events. */
  record(next: Operator, change: RecordedChange): Promise<void>
  /** Keeps what is answered under the change's claim, which must have been made. */
  keepAnswer(answer: StoredAnswer): Promise<void>
}>

/** `claim` is made first of all; where it is taken or another transaction is making it: IdempotencyKeyTaken. */
export type OperatorChangeOptions = Readonly<{ acrossVault: boolean; claim?: IdempotencyClaim | undefined }>

/**
 * Operators in PostgreSQL. Pending and deleted ones do not exist for a reader, where a method does not say otherwise.
 * Every method rejects with DEPENDENCY_UNAVAILABLE when PostgreSQL is away or slow; those that write, and `wasCommitted`,
 * with SERVICE_OVERLOADED when another holds the lock they need for long.
 */
export interface OperatorRepository {
  find(operatorId: OperatorId): Promise<OperatorView | undefined>
  /** Whether there is or was such an operator: deleted ones count. */
  existed(operatorId: OperatorId): Promise<boolean>
  list(query: OperatorQuery): Promise<OperatorPage>

  /** Live and provisional holders of the claim's name (any case) or endpoint, `except` left out. */
  holders(claim: Claim, except?: OperatorId): Promise<readonly Holder[]>

  /**
   * Claims name and endpoint for an operator that nobody sees yet, and a clean-up of it due in `cleanupAfterSeconds`.
   * Returns its creation time. Rejects with DUPLICATE_OPERATOR or DUPLICATE_NAME; serialisation failures are retried
   * with jitter for up to 5 s. Rejects with CommitOutcomeUnknown when the connection died at COMMIT. With a `claim`, that
   * is made first and stays RUNNING for this operator; rejects with IdempotencyKeyTaken.
   */
  insertProvisional(operator: ProvisionalOperator, cleanupAfterSeconds: number, claim?: IdempotencyClaim): Promise<Date>

  /**
   * Makes a provisional operator visible with its history and events, keeps the answer of its claim and cancels its
   * clean-up: false when the clean-up came first. Rejects with CommitOutcomeUnknown when the connection died at COMMIT.
   */
  complete(operator: Operator, change: RecordedChange, kept?: KeptAnswer): Promise<boolean>

  /**
   * Deletes a provisional operator and its claim and makes its clean-up due now. A finished operator is left alone.
   */
  abandon(operatorId: OperatorId): Promise<void>

  /**
   * Locks the live operator and runs `work` in that transaction, which is never retried; changes of one operator run in
   * the order of asking. Rejects with OPERATOR_NOT_FOUND; with SERVICE_OVERLOADED when `acrossVault` and half of the pool
   * already waits for Vault so, and when its turn does not come within 10 s; with IdempotencyKeyTaken; with
   * CommitOutcomeUnknown when the connection died at COMMIT.
   */
  change<T>(
    operatorId: OperatorId,
    options: OperatorChangeOptions,
    work: (change: OperatorChange) => Promise<T>,
  ): Promise<T>

  /**
   * Whether the change with this event stands: waits for a transaction that still holds the operator's row, so that an
   * unknown COMMIT has become a known one.
   */
  wasCommitted(operatorId: OperatorId, eventId: string): Promise<boolean>
}
