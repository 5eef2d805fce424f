import type {
  CostPerSegment,
  Currency,
  Mcc,
  Mnc,
  OperatorId,
  PlmnSelector,
  Prefix,
  RoutingRule,
  RoutingRuleSettings,
} from '@oms/domain'
import type { routingRules } from './schema.ts'

/** A rule's network codes; a check constraint keeps one without a country away. */
export const toSelector = ({ mcc, mnc }: Readonly<{ mcc: string | null; mnc: string | null }>): PlmnSelector =>
  mcc === null ? { mcc: null, mnc: null } : { mcc: mcc as Mcc, mnc: mnc as Mnc | null }

// What was parsed at the edge before it was written is trusted when it is read.
export const toRule = ({ mcc, mnc, ...row }: typeof routingRules.$inferSelect): RoutingRule => ({
  ...row,
  ...toSelector({ mcc, mnc }),
  operatorId: row.operatorId as OperatorId,
  prefix: row.prefix as Prefix,
  costPerSegment: row.costPerSegment as CostPerSegment,
  currency: row.currency as Currency,
})

/** What may change of a rule, with who changed it. */
export const ruleSettingsRow = (rule: RoutingRuleSettings & Pick<RoutingRule, 'updatedAt' | 'updatedBy'>) => ({
  mcc: rule.mcc,
  mnc: rule.mnc,
  priority: rule.priority,
  weight: rule.weight,
  costPerSegment: rule.costPerSegment,
  currency: rule.currency,
  active: rule.active,
  allowNested: rule.allowNested,
  updatedAt: rule.updatedAt,
  updatedBy: rule.updatedBy,
})

/** Keys are columns, for jsonb_to_recordset. */
export const toRecord = (rule: RoutingRule) => ({
  rule_id: rule.ruleId,
  prefix: rule.prefix,
  mcc: rule.mcc,
  mnc: rule.mnc,
  priority: rule.priority,
  weight: rule.weight,
  cost_per_segment: rule.costPerSegment,
  currency: rule.currency,
  active: rule.active,
  allow_nested: rule.allowNested,
  created_at: rule.createdAt,
  created_by: rule.createdBy,
  updated_at: rule.updatedAt,
  updated_by: rule.updatedBy,
})
