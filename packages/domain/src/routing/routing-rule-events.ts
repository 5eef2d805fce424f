import { Type } from '@sinclair/typebox'
import { closed, NullableText } from '../outbox/event-parts.ts'
import { MAX_LISTED_RULES } from './routing-rule-values.ts'

/** A rule as events carry it. */
export const RoutingRuleInEvent = Type.Object(
  {
    ruleId: Type.String(),
    prefix: Type.String(),
    mcc: NullableText,
    mnc: NullableText,
    priority: Type.Integer(),
    weight: Type.Integer(),
    costPerSegment: Type.String({ description: 'Decimal text with six places' }),
    currency: Type.String(),
    active: Type.Boolean(),
    allowNested: Type.Boolean(),
  },
  closed,
)

/** All rules of an operator, or their number where they are too many to list. */
export const RoutingRulesInEvent = Type.Union([
  Type.Array(RoutingRuleInEvent, { maxItems: MAX_LISTED_RULES }),
  Type.Object(
    { count: Type.Integer({ minimum: 0 }), truncated: Type.Literal(true) },
    { ...closed, description: `More than ${MAX_LISTED_RULES}: read the operator` },
  ),
])
