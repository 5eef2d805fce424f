import {
  costPerSegment,
  currency,
  type OperatorId,
  type PlmnSelector,
  plmnSelector,
  type RouteOption,
} from '@oms/domain'
import { aRoutingRule } from '@oms/domain/contracts'
import { referenceRoutes } from '@oms/domain/testing'
import fc from 'fast-check'
import t from 'tap'
import { anOperator as aNewOperator, aRule } from '../test/support/operators.ts'
import type { HealthState, Operator, OperatorStatus, RoutingRule } from './operator.ts'
import { createRoutingTable, type Network, type RoutingTable } from './routing-table.ts'
import { createRuleIndex } from './rule-index.ts'

type Facts = Partial<RoutingRule> & Pick<RoutingRule, 'ruleId'>

const healthy = (): HealthState => 'HEALTHY'

const anOperator = (operatorId: string, rules: readonly RoutingRule[], status: OperatorStatus = 'ACTIVE'): Operator =>
  aNewOperator(operatorId, { status, rules })

const ids = (
  table: RoutingTable,
  to: string,
  network: Network = {},
  healthOf: (operatorId: string) => HealthState = healthy,
) => table.route(to, network, healthOf).map(({ rule }) => rule.ruleId)

/** What is better by one criterion alone, and worse by every later one. */
const BETTER_THEN_WORSE: Record<string, readonly [Facts, Facts]> = {
  'prefix, before network': [
    { ruleId: 'x', prefix: '+93701' },
    { ruleId: 'w', mcc: '412', mnc: '01' },
  ],
  'network, before country': [
    { ruleId: 'x', mcc: '412', mnc: '01', priority: 20 },
    { ruleId: 'w', mcc: '412' },
  ],
  'country, before everywhere': [{ ruleId: 'x', mcc: '412', priority: 20 }, { ruleId: 'w' }],
  'lower priority, before cost': [
    { ruleId: 'x', priority: 9, costPerSegment: '9.000000' },
    { ruleId: 'w', costPerSegment: '1.000000' },
  ],
  'lower cost as a number, before weight': [
    { ruleId: 'x', costPerSegment: '9.000000', weight: 1 },
    { ruleId: 'w', costPerSegment: '10.000000' },
  ],
  'lower cost, by its last place': [
    { ruleId: 'x', costPerSegment: '999999999999.999998', weight: 1 },
    { ruleId: 'w', costPerSegment: '999999999999.999999' },
  ],
  'higher weight, before the id': [
    { ruleId: 'x', weight: 1_000 },
    { ruleId: 'w', weight: 999 },
  ],
  'the id': [{ ruleId: 'v' }, { ruleId: 'w' }],
}

t.test('each criterion decides before those after it, whichever rule came first', async (t) => {
  for (const [criterion, [better, worse]] of Object.entries(BETTER_THEN_WORSE)) {
    for (const facts of [
      [better, worse],
      [worse, better],
    ]) {
      const table = createRoutingTable()
      const rules = facts.map((each) => aRule('a', each))
      table.put('a', anOperator('a', rules))
      t.same(ids(table, '+93701234567', { mcc: '412', mnc: '01' }), [better.ruleId, worse.ruleId], criterion)
    }
  }
})

t.test('health decides before priority, an UNHEALTHY operator is left out, and the state is told', async (t) => {
  const states: Record<string, HealthState> = { d: 'HEALTHY', c: 'DEGRADED', b: 'UNKNOWN', a: 'UNHEALTHY' }
  const table = createRoutingTable()
  for (const [priority, id] of ['a', 'b', 'c', 'd', 'e'].entries()) {
    table.put(id, anOperator(id, [aRule(id, { ruleId: id, priority })]))
  }
  const routes = table.route('93701', {}, (id) => states[id] ?? 'HEALTHY')
  t.same(
    routes.map(({ operatorId, healthState }) => `${operatorId} ${healthState}`),
    ['d HEALTHY', 'e HEALTHY', 'c DEGRADED', 'b UNKNOWN'],
  )
  t.same(ids(table, '93701'), ['a', 'b', 'c', 'd', 'e'], 'the table itself knows no health')
})

t.test('a currency that is not taken, or is not in the tie, does not stand in the way of cost', async (t) => {
  const table = createRoutingTable()
  table.put('a', anOperator('a', [aRule('a', { ruleId: 'dear', costPerSegment: '2.000000', weight: 900 })]))
  table.put('b', anOperator('b', [aRule('b', { ruleId: 'cheap', costPerSegment: '1.000000', weight: 100 })]))
  const euro = aRule('c', { ruleId: 'euro', costPerSegment: '1.000000', weight: 500, currency: 'EUR' })
  table.put('c', anOperator('c', [euro]))
  t.same(ids(table, '+9370'), ['dear', 'euro', 'cheap'], 'by weight')
  t.same(
    ids(table, '+9370', {}, (id) => (id === 'c' ? 'UNHEALTHY' : 'HEALTHY')),
    ['cheap', 'dear'],
  )
  t.same(
    ids(table, '+9370', {}, (id) => (id === 'c' ? 'HEALTHY' : 'DEGRADED')),
    ['euro', 'cheap', 'dear'],
  )
})

t.test('put twice is put once; a rule that moved or changed is found as it is now', async (t) => {
  const table = createRoutingTable()
  const [stays, moves] = [aRule('a', { ruleId: 'stays' }), aRule('a', { ruleId: 'moves', priority: 1 })]
  const operator = anOperator('a', [stays, moves])
  for (const again of [operator, operator, structuredClone(operator)]) {
    table.put('a', again)
    t.same(ids(table, '9370'), ['moves', 'stays'])
  }
  table.put(
    'a',
    anOperator('a', [
      { ...stays, weight: 7 },
      { ...moves, prefix: '+937' },
    ]),
  )
  t.same(
    table.route('9370', {}, healthy).map(({ rule }) => [rule.ruleId, rule.prefix, rule.weight]),
    [
      ['stays', '+9370', 7],
      ['moves', '+937', 100],
    ],
  )
})

t.test('without its operator, its status or its last rule nothing is left behind', async (t) => {
  const index = createRuleIndex()
  const table = createRoutingTable(index)
  const rules = [
    aRule('a', { ruleId: '1' }),
    aRule('a', { ruleId: '2', mcc: '412' }),
    aRule('a', { ruleId: '3', mcc: '412', mnc: '01', prefix: '+937012345678901' }),
  ]
  const active = anOperator('a', rules)
  const inactive = rules.map((rule) => ({ ...rule, active: false }))
  const suspended = anOperator('a', rules, 'SUSPENDED')
  for (const [gone, why] of [
    [undefined, 'deleted'],
    [suspended, 'suspended'],
    [anOperator('a', []), 'without rules'],
    [anOperator('a', inactive), 'with inactive rules'],
  ] as const) {
    table.put('a', active)
    t.same([index.size, index.selectors], [3, 3])
    t.equal(ids(table, '937012345678901', { mcc: '412', mnc: '01' }).length, 3, 'a prefix of all 15 digits too')
    table.put('a', gone)
    t.same([index.size, index.selectors], [0, 0], why)
    t.same(ids(table, '9370', { mcc: '412', mnc: '01' }), [], why)
  }
  table.put('b', undefined)
  t.equal(index.size, 0, 'one that never was')
})

t.test('what is malformed is refused by name, and the number is not repeated', async (t) => {
  const table = createRoutingTable()
  for (const to of [
    '',
    '+',
    '+0937',
    '0937',
    '+93 70',
    '++93',
    '9'.repeat(16),
    '+9370\n',
    '９３７０',
    9370,
    undefined,
  ]) {
    const refused = () => table.route(to as string, {}, healthy)
    t.throws(refused, { name: 'TypeError', message: /^to must be/ }, String(to))
  }
  t.throws(() => table.route('+0937', {}, healthy), { message: /^(?!.*937)/ })
  for (const mcc of ['41', '4123', 'abc', 412, null]) {
    t.throws(() => table.route('9370', { mcc: mcc as string }, healthy), { name: 'TypeError', message: /^mcc must be/ })
  }
  for (const mnc of ['1', '0001', '', 1]) {
    const refused = () => table.route('9370', { mcc: '412', mnc: mnc as string }, healthy)
    t.throws(refused, { name: 'TypeError', message: /^mnc must be/ })
  }
  t.throws(() => table.route('9370', { mnc: '01' }, healthy), { name: 'TypeError', message: /^mnc needs/ })
})

const OPERATORS = ['a', 'b', 'c'] as const
const STATES = ['HEALTHY', 'DEGRADED', 'UNKNOWN', 'UNHEALTHY'] as const
const mostly = <const T>(usual: T, ...others: readonly T[]) => fc.constantFrom(usual, usual, ...others)

const anySelector: fc.Arbitrary<PlmnSelector> = fc
  .tuple(mostly(null, null, '412', '413'), fc.constantFrom(null, '01', '001'))
  .map(([mcc, mnc]) => plmnSelector({ mcc, mnc: mcc === null ? null : mnc }))

/** Few ids, so that a put mostly meets rules of the put before it. */
const anyPut = fc
  .record({
    operatorId: fc.constantFrom(...OPERATORS),
    gone: mostly(false, false, true),
    status: mostly<OperatorStatus>('ACTIVE', 'ACTIVE', 'ACTIVE', 'SUSPENDED', 'INACTIVE'),
    rules: fc.uniqueArray(
      fc.record({
        ruleId: fc.constantFrom('1', '2', '3', '4', '5', '6', '7', '8'),
        prefix: mostly('+9370', '+9370', '+937', '+93', '+9', '+9371', '+937000000000001'),
        selector: anySelector,
        priority: mostly(10, 10, 2),
        weight: mostly(100, 1),
        costPerSegment: mostly('9', '10', '0.1').map((cost) => costPerSegment(cost)),
        currency: mostly('USD', 'USD', 'EUR'),
        active: mostly(true, true, false),
      }),
      { minLength: 4, maxLength: 8, selector: ({ ruleId }) => ruleId },
    ),
  })
  .map(({ operatorId, gone, status, rules }) => ({
    operatorId,
    operator: gone
      ? undefined
      : anOperator(
          operatorId,
          rules.map(({ selector, ruleId, ...facts }) =>
            aRule(operatorId, { ...facts, ...selector, ruleId: `${operatorId}-${ruleId}` }),
          ),
          status,
        ),
  }))

const asInDomain = ({ ruleId, prefix, mcc, mnc, priority, weight, active, ...rule }: RoutingRule) =>
  aRoutingRule(rule.operatorId as OperatorId, {
    ...{ ruleId, prefix, mcc, mnc, priority, weight, active },
    costPerSegment: costPerSegment(rule.costPerSegment),
    currency: currency(rule.currency),
  })

/** As the domain has the options that match a number. */
const optionsFor = (to: string, operators: Iterable<Operator>, health: Record<string, HealthState>): RouteOption[] =>
  [...operators].flatMap(({ operatorId, status, rules }) =>
    rules
      .filter(({ prefix }) => to.startsWith(prefix))
      .map((rule) => ({
        rule: asInDomain(rule),
        operatorName: operatorId,
        status,
        healthState: health[operatorId] ?? 'UNKNOWN',
        healthStale: false,
      })),
  )

t.test('after any puts and removals the routes are those of the published order', async (t) => {
  const anyHealth = fc.record({
    a: mostly('HEALTHY', ...STATES),
    b: mostly('HEALTHY', ...STATES),
    c: mostly('HEALTHY', ...STATES),
  })
  const anyTo = fc.constantFrom('+93700', '+9370', '+93712', '+937', '+937000000000001', '+1')
  let several = 0
  fc.assert(
    fc.property(fc.array(fc.tuple(anyPut, anyHealth, anyTo, anySelector), { minLength: 4, maxLength: 10 }), (steps) => {
      const index = createRuleIndex()
      const table = createRoutingTable(index)
      const operators = new Map<string, Operator>()
      for (const [{ operatorId, operator }, health, to, { mcc, mnc }] of steps) {
        table.put(operatorId, operator)
        if (operator === undefined) operators.delete(operatorId)
        else operators.set(operatorId, operator)
        const network = { ...(mcc !== null && { mcc }), ...(mnc !== null && { mnc }) }
        const found = ids(table, to, network, (id) => health[id as keyof typeof health])
        const { ranked } = referenceRoutes(optionsFor(to, operators.values(), health), plmnSelector({ mcc, mnc }))
        if (found.length > 3) several++
        if (JSON.stringify(found) !== JSON.stringify(ranked.map(([ruleId]) => ruleId))) return false
      }
      for (const id of OPERATORS) table.put(id, undefined)
      return index.size === 0 && index.selectors === 0
    }),
    { numRuns: 400 },
  )
  t.ok(several > 100, 'many had several candidates')
})
