import type { OperatorId } from '../operator/operator-id.ts'
import type { OutboxEvent } from '../outbox/outbox-event.ts'

export type AuditAction = 'operator.create' | 'operator.update' | 'operator.delete'

/** One line of history. `before` and `after` hold no secret; null where there is no such side. */
export type AuditEntry = Readonly<{
  actor: string
  action: AuditAction
  operatorId: OperatorId
  resource: Readonly<{ type: 'operator'; id: string }>
  /** The operator's config version after the change. */
  version: number
  before: Readonly<Record<string, unknown>> | null
  after: Readonly<Record<string, unknown>> | null
  requestId: string | null
  traceId: string | null
  sourceAddress: string | null
}>

/** What commits together with a change: its history and its event. */
export type RecordedChange = Readonly<{ audit: AuditEntry; event: OutboxEvent }>
