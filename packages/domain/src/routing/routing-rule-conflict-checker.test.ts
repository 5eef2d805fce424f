import fc from 'fast-check'
import t from 'tap'
import { errorOf } from '../../test/support/operators.ts'
import { anyNewRule } from '../../test/support/routing.ts'
import { aRoutingRule, type RuleFacts } from '../contracts/rule-samples.ts'
import { newOperatorId } from '../contracts/samples.ts'
import { DomainError, type RuleConflict } from '../errors.ts'
import { memoryRoutingRuleChanges } from '../memory/routing-rule-changes.ts'
import type { NewRoutingRule, RoutingRule } from './routing-rule.ts'
import { MAX_CONFLICTS, overlap, routingRuleConflictChecker } from './routing-rule-conflict-checker.ts'

const operatorId = newOperatorId()
const aRule = (facts: RuleFacts) => aRoutingRule(operatorId, facts)
const having = (...rules: readonly RoutingRule[]) =>
  memoryRoutingRuleChanges(new Map(rules.map((rule) => [rule.ruleId, rule])))

/** What the checker says of `asked` next to `existing`; empty where nothing is in the way. */
async function conflictsOf(
  existing: readonly RoutingRule[],
  asked: readonly NewRoutingRule[],
  options: Readonly<{ except?: string; bulk?: boolean }> = {},
): Promise<readonly RuleConflict[]> {
  try {
    await routingRuleConflictChecker(having(...existing), asked, options)
    return []
  } catch (error) {
    if (error instanceof DomainError && error.code === 'PREFIX_CONFLICT') return error.conflicts as RuleConflict[]
    throw error
  }
}

/** The named cases: how the first stands to the second, which is the one that is asked for. */
const NAMED: readonly (readonly [name: string, there: RuleFacts, asked: RuleFacts, relation: string | undefined])[] = [
  ['(+9370, any) against (+9370, 412/01)', {}, { mcc: '412', mnc: '01' }, 'EQUAL'],
  ['(412) against (412/01)', { mcc: '412' }, { mcc: '412', mnc: '01' }, 'EQUAL'],
  ['01 against 001', { mcc: '412', mnc: '01' }, { mcc: '412', mnc: '001' }, undefined],
  ['(412) against (413)', { mcc: '412' }, { mcc: '413' }, undefined],
  ['a rule against its equal', { mcc: '412', mnc: '01' }, { mcc: '412', mnc: '01' }, 'EQUAL'],
  ['equal prefixes with allowNested on both sides', { allowNested: true }, { allowNested: true }, 'EQUAL'],
  ['nested without allowNested', { prefix: '+93' }, { prefix: '+9370' }, 'SHADOWS'],
  ['holding without allowNested', { prefix: '+9370' }, { prefix: '+93' }, 'SHADOWED_BY'],
  ['nested with allowNested inside', { prefix: '+93' }, { prefix: '+9370', allowNested: true }, undefined],
  ['nested with allowNested outside', { prefix: '+93', allowNested: true }, { prefix: '+9370' }, undefined],
  ['nested in another network', { prefix: '+93', mcc: '412' }, { prefix: '+9370', mcc: '413' }, undefined],
  ['side by side', { prefix: '+9370' }, { prefix: '+9371' }, undefined],
]

for (const [name, there, asked, relation] of NAMED) {
  t.test(`${name} ${relation === undefined ? 'is no conflict' : `is a conflict: ${relation}`}`, async (t) => {
    const [first, second] = [aRule(there), aRule(asked)]
    t.equal(overlap(first, second), relation)
    const { ruleId, prefix, mcc, mnc } = first
    const conflict = { ruleId, prefix, mcc, mnc, relation }
    t.same(await conflictsOf([first], [second]), relation === undefined ? [] : [conflict])
    t.same(
      await conflictsOf([], [first, second], { bulk: true }),
      relation === undefined ? [] : [{ ...conflict, row: 1, withRow: 0 }],
    )
  })
}

t.test('inactive rules are in nobody’s way, and nothing is in theirs', async (t) => {
  const [active, inactive] = [aRule({}), aRule({ active: false })]
  t.same(await conflictsOf([inactive], [active]), [])
  t.same(await conflictsOf([active], [inactive]), [])
  t.same(await conflictsOf([], [active, inactive, inactive], { bulk: true }), [])
})

t.test('the rule that is replaced is not in the way of its successor', async (t) => {
  const rule = aRule({ mcc: '412' })
  const wider = { ...rule, mcc: null, mnc: null } as const
  t.same(await conflictsOf([rule], [wider], { except: rule.ruleId }), [])
  const other = aRule({ mcc: '413' })
  t.match(await conflictsOf([rule, other], [wider], { except: rule.ruleId }), [{ ruleId: other.ruleId }])
})

t.test('every rule that is in the way is named, in the order of the rows', async (t) => {
  const existing = [aRule({ prefix: '+93' }), aRule({ prefix: '+1' })]
  const asked = [
    aRule({ prefix: '+12' }),
    aRule({ prefix: '+44' }),
    aRule({ prefix: '+9370' }),
    aRule({ prefix: '+9' }),
  ]
  const error = await errorOf(routingRuleConflictChecker(having(...existing), asked, { bulk: true }))
  t.match(error, { message: '3 of 4 rules overlap another active rule of this operator' })
  t.match((error as DomainError).conflicts, [
    { row: 0, ruleId: existing[1]?.ruleId, relation: 'SHADOWS' },
    { row: 2, ruleId: existing[0]?.ruleId, relation: 'SHADOWS' },
    { row: 3, ruleId: existing[0]?.ruleId, relation: 'SHADOWED_BY' },
    { row: 3, withRow: 2, ruleId: asked[2]?.ruleId, relation: 'SHADOWED_BY' },
  ])
  const single = await errorOf(routingRuleConflictChecker(having(...existing), asked.slice(0, 1)))
  t.match(single, { message: 'the rule overlaps another active rule of this operator' })
  t.notOk('row' in ((single as DomainError).conflicts?.[0] ?? {}), 'one rule has no row')
})

t.test('a rule that is new has no id to be named by', async (t) => {
  const { ruleId: _one, ...rule } = aRule({})
  t.match(await conflictsOf([], [rule, rule], { bulk: true }), [{ ruleId: null, row: 1, withRow: 0 }])
})

t.test(
  'of millions of overlaps the first of each row is listed, and of the others as many as an answer holds',
  async (t) => {
    const rules = Array.from({ length: 3_000 }, () => aRule({}))
    const error = await errorOf(routingRuleConflictChecker(having(), rules, { bulk: true }))
    t.match(error, { message: /^2999 of 3000 rules overlap .*; 3999 overlaps are listed$/ })
    const listed = (error as DomainError).conflicts as RuleConflict[]
    t.equal(listed.length, 2_999 + MAX_CONFLICTS)
    t.equal(new Set(listed.map(({ row }) => row)).size, 2_999)
  },
)

t.test('one rule is told the first overlap and as many more as an answer holds', async (t) => {
  const existing = Array.from({ length: MAX_CONFLICTS + 1 }, (_, index) => aRule({ prefix: `+9${1_000 + index}` }))
  const complete = await errorOf(routingRuleConflictChecker(having(...existing), [aRule({ prefix: '+9' })]))
  t.match(complete, { message: /operator$/ })
  t.equal((complete as DomainError).conflicts?.length, MAX_CONFLICTS + 1)
  const more = await errorOf(
    routingRuleConflictChecker(having(...existing, aRule({ prefix: '+92' })), [aRule({ prefix: '+9' })]),
  )
  t.match(more, { message: /; 1001 overlaps are listed$/ })
  t.equal((more as DomainError).conflicts?.length, MAX_CONFLICTS + 1)
})

t.test('each row that overlaps an existing rule is named, however many there are', async (t) => {
  const existing = Array.from({ length: 3_000 }, (_, index) => aRule({ prefix: `+9${10_000 + index}` }))
  const wide = aRule({ prefix: '+9', allowNested: true })
  const asked = [aRule({ prefix: '+910' }), ...existing, aRule({ prefix: '+1' }), wide]
  const error = await errorOf(routingRuleConflictChecker(having(...existing), asked, { bulk: true }))
  t.match(error, { message: /^3001 of 3003 rules overlap/ })
  const rows = new Set(((error as DomainError).conflicts as RuleConflict[]).map(({ row }) => row))
  t.same(
    [...rows],
    Array.from({ length: 3_001 }, (_, row) => row),
  )
})

t.test('rules are compared with those alone that they overlap', async (t) => {
  const networks = Array.from({ length: 5_000 }, (_, index) => ({
    mcc: String(200 + Math.floor(index / 100)),
    mnc: String(index % 100).padStart(2, '0'),
  }))
  let reads = 0
  const counted = (facts: RuleFacts) => {
    const { mcc, ...rule } = aRule(facts)
    return Object.defineProperty(rule as RoutingRule, 'mcc', {
      get: () => {
        reads += 1
        return mcc
      },
    })
  }
  const inTheWay = Array.from({ length: 5_000 }, () => counted({ prefix: '+93701' }))
  const cases = [
    { existing: [], asked: networks.map(counted), failing: 0 },
    { existing: inTheWay, asked: Array.from({ length: 5_000 }, () => counted({})), failing: 5_000 },
    { existing: [], asked: [...networks.map(counted), counted({ prefix: '+93' })], failing: 1 },
  ]
  for (const { existing, asked, failing } of cases) {
    reads = 0
    const check = routingRuleConflictChecker({ overlapping: async () => existing }, asked, { bulk: true })
    if (failing === 0) await t.resolves(check)
    else t.match(await errorOf(check), { message: new RegExp(`^${failing} of `) })
    t.ok(reads < 50_000, `${reads} reads`)
  }
})

/** Two rules overlap when a number of some network has two answers, unless one of them said that it may. */
function clash(a: NewRoutingRule, b: NewRoutingRule): boolean {
  if (!a.active || !b.active) return false
  if (a.mcc !== null && b.mcc !== null && a.mcc !== b.mcc) return false
  if (a.mnc !== null && b.mnc !== null && a.mnc !== b.mnc) return false
  const [shorter, longer] = a.prefix.length < b.prefix.length ? [a.prefix, b.prefix] : [b.prefix, a.prefix]
  if (longer.slice(0, shorter.length) !== shorter) return false
  return longer.length === shorter.length || !(a.allowNested || b.allowNested)
}

t.test('what is found is what every pair on its own says', async () => {
  const rulesOf = (maxLength: number) => fc.array(anyNewRule, { maxLength })
  await fc.assert(
    fc.asyncProperty(rulesOf(8), rulesOf(25), async (before, asked) => {
      const existing = before.map((rule) => ({ ...aRule({}), ...rule }))
      const expected: string[] = []
      for (const [row, rule] of asked.entries()) {
        for (const other of existing) if (clash(rule, other)) expected.push(`${row} ${other.ruleId}`)
        for (let earlier = 0; earlier < row; earlier += 1) {
          const other = asked[earlier]
          if (other !== undefined && clash(rule, other)) expected.push(`${row} row ${earlier}`)
        }
      }
      const found = await conflictsOf(existing, asked, { bulk: true })
      const told = found.map(({ row, withRow, ruleId }) => `${row} ${ruleId ?? `row ${withRow}`}`)
      return told.toSorted().join() === expected.toSorted().join()
    }),
    { numRuns: 300 },
  )
})

t.test(
  'where more overlap than an answer holds, each row that fails is named, and what is named does overlap',
  async () => {
    // A few hundred rules of a few prefixes, which overlap in some thousand pairs.
    const many = fc.array(anyNewRule, { minLength: 150, maxLength: 250, size: 'max' })
    await fc.assert(
      fc.asyncProperty(many, many, async (before, asked) => {
        const existing = before.map((rule) => ({ ...aRule({}), ...rule }))
        const byId = new Map(existing.map((rule) => [rule.ruleId, rule]))
        let pairs = 0
        const failing = asked.flatMap((rule, row) => {
          const others = [...existing, ...asked.slice(0, row)].filter((other) => clash(rule, other))
          pairs += others.length
          return others.length === 0 ? [] : [row]
        })
        const found = await conflictsOf(existing, asked, { bulk: true })
        const areReal = found.every(({ row = -1, withRow = -1, ruleId }) => {
          const [rule, other] = [asked[row], ruleId === null ? asked[withRow] : byId.get(ruleId)]
          return rule !== undefined && other !== undefined && clash(rule, other)
        })
        const told = [...new Set(found.map(({ row }) => row))]
        const length = Math.min(pairs, failing.length + MAX_CONFLICTS)
        return areReal && told.join() === failing.join() && found.length === length
      }),
      { numRuns: 20 },
    )
  },
)
