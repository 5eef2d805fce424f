import type { RoutingRule } from '@oms/domain'
import { type Static, Type } from '@sinclair/typebox'
import { nullableText, time } from './schema-parts.ts'

/** A routing rule as both APIs show it. */
export const RoutingRuleResource = Type.Object(
  {
    ruleId: Type.String(),
    operatorId: Type.String(),
    prefix: Type.String({ description: 'E.164, as +9370' }),
    mcc: nullableText,
    mnc: nullableText,
    priority: Type.Integer({ description: 'Lower is preferred' }),
    weight: Type.Integer({ description: 'Higher is preferred' }),
    costPerSegment: Type.String({ description: 'Decimal text with six places' }),
    currency: Type.String(),
    active: Type.Boolean(),
    allowNested: Type.Boolean(),
    createdAt: time,
    createdBy: Type.String(),
    updatedAt: time,
    updatedBy: Type.String(),
  },
  { title: 'RoutingRule' },
)
export type RoutingRuleResource = Static<typeof RoutingRuleResource>

export const toRoutingRuleResource = (rule: RoutingRule): RoutingRuleResource => ({
  ruleId: rule.ruleId,
  operatorId: rule.operatorId,
  prefix: rule.prefix,
  mcc: rule.mcc,
  mnc: rule.mnc,
  priority: rule.priority,
  weight: rule.weight,
  costPerSegment: rule.costPerSegment,
  currency: rule.currency,
  active: rule.active,
  allowNested: rule.allowNested,
  createdAt: rule.createdAt.toISOString(),
  createdBy: rule.createdBy,
  updatedAt: rule.updatedAt.toISOString(),
  updatedBy: rule.updatedBy,
})
