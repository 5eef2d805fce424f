import { nullableText, OperatorResource, toOperatorResource } from '@oms/adapters/http'
import type { DirectoryEntry, RoutingRule } from '@oms/domain'
import { type Static, Type } from '@sinclair/typebox'

const RuleResource = Type.Object({
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
})

/** An operator with its rules, as peer services keep it. Health in it is advisory. */
export const DirectoryResource = Type.Composite([OperatorResource, Type.Object({ rules: Type.Array(RuleResource) })])

export const toDirectoryResource = (entry: DirectoryEntry): Static<typeof DirectoryResource> => ({
  ...toOperatorResource(entry),
  rules: entry.rules.map(toRuleResource),
})

const toRuleResource = (rule: RoutingRule): Static<typeof RuleResource> => ({
  ...rule,
  createdAt: rule.createdAt.toISOString(),
  updatedAt: rule.updatedAt.toISOString(),
})
