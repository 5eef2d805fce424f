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
import { getTableColumns, type SQL, sql } from 'drizzle-orm'
import { routingRules } from './schema.ts'
import { dateOfText } from './timestamps.ts'

/** A rule's network codes; a check constraint keeps one without a country away. */
export const toSelector = ({ mcc, mnc }: Readonly<{ mcc: string | null; mnc: string | null }>): PlmnSelector =>
  mcc === null ? { mcc: null, mnc: null } : { mcc: mcc as Mcc, mnc: mnc as Mnc | null }

type RuleRow = typeof routingRules.$inferSelect

/** A rule as the driver hands it over: times are text. */
export type RawRule = Omit<RuleRow, 'createdAt' | 'updatedAt'> & Readonly<{ createdAt: string; updatedAt: string }>

/** All columns under the names of RawRule, for a statement that reads too many rules to have drizzle map each value. */
export const rawRuleColumns: SQL = sql.join(
  Object.entries(getTableColumns(routingRules)).map(([name, column]) => sql`${column} as ${sql.identifier(name)}`),
  sql`, `,
)

export const toRule = (row: RuleRow): RoutingRule => ruleOf(row, row.createdAt, row.updatedAt)

export const rawToRule = (row: RawRule): RoutingRule =>
  ruleOf(row, dateOfText(row.createdAt), dateOfText(row.updatedAt))

// What was parsed at the edge before it was written is trusted when it is read. Named one by one: a snapshot copies
// 100,000, and a rest of the columns costs it more than the query's answer does.
const ruleOf = (row: RuleRow | RawRule, createdAt: Date, updatedAt: Date): RoutingRule => ({
  ruleId: row.ruleId,
  operatorId: row.operatorId as OperatorId,
  prefix: row.prefix as Prefix,
  ...toSelector(row),
  priority: row.priority,
  weight: row.weight,
  costPerSegment: row.costPerSegment as CostPerSegment,
  currency: row.currency as Currency,
  active: row.active,
  allowNested: row.allowNested,
  createdAt,
  createdBy: row.createdBy,
  updatedAt,
  updatedBy: row.updatedBy,
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
