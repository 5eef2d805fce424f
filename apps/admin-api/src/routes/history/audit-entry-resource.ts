import { choice, nullableText, time } from '@oms/adapters/http'
import { AUDIT_ACTIONS, AUDIT_RESOURCES, type AuditEntry, type AuditView } from '@oms/domain'
import { type Static, Type } from '@sinclair/typebox'

const side = (description: string) =>
  Type.Unsafe<AuditView | null>({ type: ['object', 'null'], additionalProperties: true, description })

export const AuditEntryResource = Type.Object(
  {
    auditId: Type.String(),
    at: time,
    actor: Type.String({ description: 'JWT `sub`, or `migration-script`' }),
    action: choice(AUDIT_ACTIONS),
    operatorId: Type.String(),
    resource: Type.Object({ type: choice(AUDIT_RESOURCES), id: Type.String() }),
    version: Type.Integer({ description: "The operator's config version after the change" }),
    before: side('What was changed, as it was'),
    after: side('And as it was then; a long list of rules is told by its number'),
    requestId: nullableText,
    traceId: nullableText,
    sourceAddress: nullableText,
  },
  { title: 'AuditEntry' },
)

export const toAuditEntryResource = (entry: AuditEntry): Static<typeof AuditEntryResource> => ({
  ...entry,
  at: entry.at.toISOString(),
})
