import fc from 'fast-check'
import { aRoutingRule } from '../../src/contracts/rule-samples.ts'
import { newOperatorId } from '../../src/contracts/samples.ts'
import { HEALTH_STATES } from '../../src/health/health-state.ts'
import { OPERATOR_STATUSES } from '../../src/operator/status.ts'
import { costPerSegment } from '../../src/routing/cost-per-segment.ts'
import { currency } from '../../src/routing/currency.ts'
import { type PlmnSelector, plmnSelector } from '../../src/routing/plmn.ts'
import { type Prefix, prefix } from '../../src/routing/prefix.ts'
import type { NewRoutingRule } from '../../src/routing/routing-rule.ts'
import type { RouteOption } from '../../src/routing/routing-rules.ts'

/** Few digits, so that prefixes meet; now and then the longest there is. */
export const anyPrefix: fc.Arbitrary<Prefix> = fc
  .tuple(
    fc.constantFrom('1', '9'),
    fc.oneof(
      { weight: 9, arbitrary: fc.string({ unit: fc.constantFrom('0', '9'), maxLength: 4 }) },
      fc.string({ unit: fc.constantFrom('0', '9'), minLength: 13, maxLength: 14 }),
    ),
  )
  .map(([first, rest]) => prefix(`+${first}${rest}`))

/** Two countries; networks of two and three digits that differ by a zero alone. */
export const anySelector: fc.Arbitrary<PlmnSelector> = fc
  .tuple(fc.constantFrom(null, '412', '413'), fc.constantFrom(null, '01', '001', '010'))
  .map(([mcc, mnc]) => plmnSelector({ mcc, mnc: mcc === null ? null : mnc }))

export const anyNewRule: fc.Arbitrary<NewRoutingRule> = fc
  .record({
    prefix: anyPrefix,
    selector: anySelector,
    priority: fc.integer({ min: 0, max: 2 }),
    weight: fc.integer({ min: 1, max: 2 }),
    costPerSegment: fc.constantFrom('0', '0.000001', '0.1', '9', '10').map((cost) => costPerSegment(cost)),
    currency: fc.constantFrom('USD', 'USD', 'USD', 'EUR').map((code) => currency(code)),
    active: fc.boolean(),
    allowNested: fc.boolean(),
  })
  .map(({ selector, ...rule }) => ({ ...rule, ...selector }))

const operatorIds = [newOperatorId(), newOperatorId()]
/** Mostly the first, so that much ties. */
const mostly = <const T>(usual: T, ...others: readonly T[]) => fc.constantFrom(usual, usual, usual, ...others)

/** Rules that all have the prefix of one number, close enough to each other that every criterion has to decide. */
export const anyRouteOptions: fc.Arbitrary<readonly RouteOption[]> = fc.uniqueArray(
  fc
    .record({
      operatorId: fc.constantFrom(...operatorIds),
      ruleId: fc.uuid(),
      prefix: mostly('+9370', '+937', '+9'),
      selector: anySelector,
      priority: mostly(10, 0, 1_000),
      weight: mostly(100, 1, 1_000),
      costPerSegment: mostly('9', '10', '0.1').map((cost) => costPerSegment(cost)),
      currency: mostly('USD', 'USD', 'EUR').map((code) => currency(code)),
      active: mostly(true, true, false),
      status: mostly('ACTIVE', 'ACTIVE', ...OPERATOR_STATUSES),
      healthState: mostly('HEALTHY', ...HEALTH_STATES),
    })
    .map(({ operatorId, selector, status, healthState, ...facts }) => ({
      rule: aRoutingRule(operatorId, { ...facts, ...selector }),
      operatorName: operatorId,
      status,
      healthState,
      healthStale: false,
    })),
  { maxLength: 14, selector: ({ rule }) => rule.ruleId },
)
