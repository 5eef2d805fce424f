import { type Static, Type } from '@sinclair/typebox'
import { COST_PATTERN, COST_PLACES } from './cost-per-segment.ts'
import { DEFAULT_CURRENCY } from './currency.ts'
import { MCC_PATTERN, MNC_PATTERN } from './plmn.ts'
import { PREFIX_PATTERN } from './prefix.ts'
import { ROUTING_RULE_BOUNDS, ROUTING_RULE_DEFAULTS } from './routing-rule.ts'

const closed = { additionalProperties: false }

const prefix = Type.String({ pattern: PREFIX_PATTERN, description: 'E.164, as +9370' })
const mcc = Type.Unsafe<string | null>({
  type: ['string', 'null'],
  pattern: MCC_PATTERN,
  description: 'Mobile country code; null for every network',
})
const mnc = Type.Unsafe<string | null>({
  type: ['string', 'null'],
  pattern: MNC_PATTERN,
  description: 'Mobile network code, only with an mcc; 01 is not 001',
})
const priority = { ...ROUTING_RULE_BOUNDS.priority, description: 'Lower is preferred' }
const weight = { ...ROUTING_RULE_BOUNDS.weight, description: 'Higher is preferred' }
const costPerSegment = Type.Unsafe<string | number>({
  type: ['string', 'number'],
  pattern: COST_PATTERN,
  minimum: 0,
  exclusiveMaximum: 1e12,
  description: `Decimal text with at most ${COST_PLACES} places; a number with at most 15 digits is taken, too`,
})
const currency = { pattern: '^[A-Z]{3}$', description: 'Active ISO 4217 code' }
const active = { description: 'Only active rules route' }
const allowNested = { description: 'May lie inside another prefix of this operator, or hold one' }

export const CreateRoutingRuleBody = Type.Object(
  {
    prefix,
    mcc: Type.Optional(mcc),
    mnc: Type.Optional(mnc),
    priority: Type.Optional(Type.Integer({ ...priority, default: ROUTING_RULE_DEFAULTS.priority })),
    weight: Type.Optional(Type.Integer({ ...weight, default: ROUTING_RULE_DEFAULTS.weight })),
    costPerSegment,
    currency: Type.Optional(Type.String({ ...currency, default: DEFAULT_CURRENCY })),
    active: Type.Optional(Type.Boolean({ ...active, default: ROUTING_RULE_DEFAULTS.active })),
    allowNested: Type.Optional(Type.Boolean({ ...allowNested, default: ROUTING_RULE_DEFAULTS.allowNested })),
  },
  closed,
)
export type CreateRoutingRuleBody = Static<typeof CreateRoutingRuleBody>

export const MAX_BULK_RULES = 5_000

export const CreateRoutingRulesBody = Type.Object(
  { rules: Type.Array(CreateRoutingRuleBody, { minItems: 1, maxItems: MAX_BULK_RULES }) },
  closed,
)
export type CreateRoutingRulesBody = Static<typeof CreateRoutingRulesBody>

/** A JSON merge patch (RFC 7396): null clears `mcc` and `mnc`. The prefix stays. */
export const UpdateRoutingRuleBody = Type.Partial(
  Type.Object({
    mcc,
    mnc,
    priority: Type.Integer(priority),
    weight: Type.Integer(weight),
    costPerSegment,
    currency: Type.String(currency),
    active: Type.Boolean(active),
    allowNested: Type.Boolean(allowNested),
  }),
  closed,
)
export type UpdateRoutingRuleBody = Static<typeof UpdateRoutingRuleBody>
