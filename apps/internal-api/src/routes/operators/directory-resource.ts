import { nullableText, OperatorResource, toOperatorResource } from '@oms/adapters/http'
import type { DirectoryEntry, RoutingRule } from '@oms/domain'
import { type Static, type TSchema, Type } from '@sinclair/typebox'

const RuleResource = Type.Object(
  {
    ruleId: Type.String(),
    operatorId: Type.String(),
    prefix: Type.String(),
    mcc: nullableText,
    mnc: nullableText,
    priority: Type.Integer(),
    weight: Type.Integer(),
    costPerSegment: Type.String({ description: 'Decimal text with six places' }),
    currency: Type.String(),
    active: Type.Boolean(),
    allowNested: Type.Boolean(),
    createdAt: Type.String(),
    createdBy: Type.String(),
    updatedAt: Type.String(),
    updatedBy: Type.String(),
  },
  { title: 'RoutingRule' },
)

/** An operator with its rules, as peer services keep it. Health in it is advisory. */
export const DirectoryResource = Type.Composite([OperatorResource, Type.Object({ rules: Type.Array(RuleResource) })], {
  title: 'OperatorWithRules',
})

/** An answer from the directory, for a route's `schema.response`. */
export const directoryResponse = <T extends TSchema>(description: string, schema: T): T => ({
  ...schema,
  description,
  headers: { ETag: Type.String({ description: 'Of the configuration; health never changes it' }) },
})

export const toDirectoryResource = (entry: DirectoryEntry): Static<typeof DirectoryResource> => ({
  ...toOperatorResource(entry),
  rules: entry.rules.map(toRuleResource),
})

const toRuleResource = (rule: RoutingRule): Static<typeof RuleResource> => ({
  ...rule,
  createdAt: rule.createdAt.toISOString(),
  updatedAt: rule.updatedAt.toISOString(),
})

/** The cold-start snapshot; the route writes it piece by piece. */
export const SnapshotResource = Type.Object(
  {
    generatedAt: Type.String({ format: 'date-time', description: 'ISO 8601 UTC with milliseconds' }),
    operators: Type.Array(DirectoryResource),
  },
  { title: 'Snapshot' },
)
