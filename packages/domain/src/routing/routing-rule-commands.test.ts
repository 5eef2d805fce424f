import t from 'tap'
import { DomainError } from '../errors.ts'
import type { CreateRoutingRuleBody } from './routing-rule-bodies.ts'
import { parseCreateRoutingRule, parseCreateRoutingRules, parseRoutingRulePatch } from './routing-rule-commands.ts'

const BODY: CreateRoutingRuleBody = { prefix: '+9370', costPerSegment: '0.0042' }
/** What is at fault in every field that a parser looks at. */
const BAD = { prefix: '93', priority: 1_001, weight: 0, costPerSegment: -1, currency: 'XXX' } as const

/** The paths that `parse` finds at fault, in their order. */
function pathsOf(parse: () => unknown): readonly string[] {
  try {
    parse()
  } catch (error) {
    if (error instanceof DomainError && error.code === 'INVALID_PAYLOAD') return error.errors?.map((e) => e.path) ?? []
    throw error
  }
  return []
}

t.test('a rule has defaults for all but its prefix and its cost', async (t) => {
  t.same(parseCreateRoutingRule(BODY), {
    prefix: '+9370',
    mcc: null,
    mnc: null,
    priority: 10,
    weight: 100,
    costPerSegment: '0.004200',
    currency: 'USD',
    active: true,
    allowNested: false,
  })
})

t.test('a rule is taken as it is asked for', async (t) => {
  const asked = {
    prefix: '+937012345678901',
    mcc: '412',
    mnc: '001',
    priority: 0,
    weight: 1_000,
    costPerSegment: 1.5,
    currency: 'EUR',
    active: false,
    allowNested: true,
  }
  t.same(parseCreateRoutingRule(asked), { ...asked, costPerSegment: '1.500000' })
  t.match(parseCreateRoutingRule({ ...BODY, priority: 1_000, weight: 1 }), { priority: 1_000, weight: 1 })
})

t.test('every field at fault is named at once', async (t) => {
  const paths = pathsOf(() => parseCreateRoutingRule({ ...BAD, mnc: '01' }))
  t.same(paths.toSorted(), ['costPerSegment', 'currency', 'mnc', 'prefix', 'priority', 'weight'])
  for (const priority of [-1, 1.5, Number.NaN]) {
    t.same(
      pathsOf(() => parseCreateRoutingRule({ ...BODY, priority })),
      ['priority'],
      String(priority),
    )
  }
})

t.test('in a bulk each path says of which rule', async (t) => {
  t.same(
    parseCreateRoutingRules({ rules: [BODY, { ...BODY, prefix: '+1' }] }).map(({ prefix }) => prefix),
    ['+9370', '+1'],
  )
  const rules = [BODY, { ...BODY, mcc: '4' }, BODY, { ...BODY, weight: 0, prefix: '' }]
  t.same(pathsOf(() => parseCreateRoutingRules({ rules })).toSorted(), [
    'rules.1.mcc',
    'rules.3.prefix',
    'rules.3.weight',
  ])
  const many = Array.from({ length: 25 }, () => ({ ...BODY, weight: 0 }))
  t.throws(() => parseCreateRoutingRules({ rules: many }), { message: /^invalid: rules\.0\.weight, .* and 5 more$/ })
})

t.test('a patch holds what is given and nothing else', async (t) => {
  t.same(parseRoutingRulePatch({}), {})
  const patch = { mcc: null, mnc: null, priority: 0, weight: 1, currency: 'EUR', active: false, allowNested: false }
  t.same(parseRoutingRulePatch({ ...patch, costPerSegment: 2 }), { ...patch, costPerSegment: '2.000000' })
  t.same(parseRoutingRulePatch({ mnc: '01' }), { mnc: '01' })
})

t.test('every field at fault of a patch is named at once', async (t) => {
  const { prefix: _prefix, ...bad } = BAD
  t.same(pathsOf(() => parseRoutingRulePatch(bad)).toSorted(), ['costPerSegment', 'currency', 'priority', 'weight'])
})
