import { type Static, Type } from '@sinclair/typebox'
import { OperatorInAudit, TpsLimitInEvent } from '../operator/operator-events.ts'
import { closed, envelope, literals, NullableText, Time } from '../outbox/event-parts.ts'
import { RoutingRuleInEvent, RoutingRulesInEvent } from '../routing/routing-rule-events.ts'
import { AUDIT_ACTIONS, AUDIT_RESOURCES } from './audit-entry.ts'

const Side = Type.Union([
  Type.Null(),
  OperatorInAudit,
  TpsLimitInEvent,
  RoutingRuleInEvent,
  Type.Object({ routingRules: RoutingRulesInEvent }, { ...closed, description: 'The rules that came with a bulk' }),
])

/** Who changed what, for the audit service: the row of our own log, told. */
export const AdminAudit = Type.Object(
  {
    ...envelope,
    at: Time,
    actor: Type.String({ description: 'JWT `sub`, or `migration-script`' }),
    action: literals(AUDIT_ACTIONS),
    resource: Type.Object({ type: literals(AUDIT_RESOURCES), id: Type.String() }, closed),
    before: Side,
    after: Side,
    requestId: NullableText,
    traceId: NullableText,
    sourceAddress: NullableText,
  },
  { $id: 'audit.admin.v1', ...closed },
)
export type AdminAudit = Static<typeof AdminAudit>
