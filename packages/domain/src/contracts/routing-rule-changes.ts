import type { Test } from 'tap'
import type { OperatorId } from '../operator/operator-id.ts'
import { ruleOverlapsContract } from './rule-overlaps.ts'
import { aRoutingRule, aRuleSpan, changeRulesIn, insertRulesIn } from './rule-samples.ts'
import { createOperatorIn, type OpenStore, type StoreHarness, updateOperatorIn } from './store-harness.ts'

const ids = (rules: readonly Readonly<{ ruleId: string }>[]) => rules.map(({ ruleId }) => ruleId).toSorted()
const inventoryOf = (store: StoreHarness, operatorId: OperatorId, limit = 100) =>
  changeRulesIn(store, operatorId, (rules) => rules.inventory(limit))

export function routingRuleChangesContract(t: Test, open: OpenStore): void {
  ruleOverlapsContract(t, open)

  t.test('rules of an operator are found by their id, and by no other operator', async (t) => {
    const store = await open(t)
    const { operatorId } = await createOperatorIn(store)
    const other = await createOperatorIn(store)
    const [rule] = await insertRulesIn(store, operatorId, { mcc: '412', mnc: '01', priority: 3, weight: 7 })
    await changeRulesIn(store, operatorId, async (rules) => {
      t.same(await rules.find(rule.ruleId), rule)
      t.equal(await rules.find(crypto.randomUUID()), undefined)
    })
    await changeRulesIn(store, other.operatorId, async (rules) => {
      t.equal(await rules.find(rule.ruleId), undefined)
      t.same(await rules.overlapping([aRuleSpan({})], 10), [])
      t.same(await rules.inventory(10), { count: 0, rules: [] })
    })
  })

  t.test('a transaction sees its own writes', async (t) => {
    const store = await open(t)
    const { operatorId } = await createOperatorIn(store)
    const [first, second] = [aRoutingRule(operatorId), aRoutingRule(operatorId, { prefix: '+9371' })]
    await changeRulesIn(store, operatorId, async (rules) => {
      await rules.insert([first, second])
      t.same(await rules.find(first.ruleId), first)
      t.same(ids(await rules.overlapping([aRuleSpan({})], 10)), [first.ruleId])
      const moved = { ...first, priority: 99, active: false, updatedBy: 'zahra' }
      await rules.update(moved)
      t.same(await rules.find(first.ruleId), moved)
      t.same(await rules.overlapping([aRuleSpan({})], 10), [])
      await rules.remove(second.ruleId)
      t.equal(await rules.find(second.ruleId), undefined)
      t.same(await rules.inventory(10), { count: 1, rules: [moved] })
    })
    t.match(await store.routingRules.find(operatorId, first.ruleId), { priority: 99, active: false })
  })

  t.test('the inventory lists all rules by prefix and id, and above the limit only counts them', async (t) => {
    const store = await open(t)
    const { operatorId } = await createOperatorIn(store)
    t.same(await inventoryOf(store, operatorId), { count: 0, rules: [] })
    const made = await insertRulesIn(
      store,
      operatorId,
      { prefix: '+94' },
      { prefix: '+9370', mcc: '412' },
      { prefix: '+9370', mcc: '413' },
      { prefix: '+9', active: false },
    )
    const expected = made.toSorted((a, b) => (`${a.prefix} ${a.ruleId}` < `${b.prefix} ${b.ruleId}` ? -1 : 1))
    t.same(await inventoryOf(store, operatorId, 4), { count: 4, rules: expected })
    t.same(await inventoryOf(store, operatorId, 3), { count: 4, rules: null })
  })

  t.test('several spans find each rule once, at most as many as asked for, without the one left out', async (t) => {
    const store = await open(t)
    const { operatorId } = await createOperatorIn(store)
    const made = await insertRulesIn(store, operatorId, { prefix: '+9370' }, { prefix: '+9371' }, { prefix: '+9372' })
    await changeRulesIn(store, operatorId, async (rules) => {
      const spans = [aRuleSpan({ prefix: '+93' }), aRuleSpan({ prefix: '+9370' }), aRuleSpan({ prefix: '+93701' })]
      const all = await rules.overlapping(spans, 10)
      t.same(ids(all), ids(made))
      t.same(
        all.toSorted((a, b) => (a.prefix < b.prefix ? -1 : 1)),
        made,
        'whole rules',
      )
      t.equal((await rules.overlapping(spans, 2)).length, 2)
      t.same(ids(await rules.overlapping(spans, 10, made[0].ruleId)), ids(made.slice(1)))
      t.same(await rules.overlapping([], 10), [])
    })
  })

  t.test(
    'for each span that overlaps any rule one is found, whatever others overlap and whatever the limit',
    async (t) => {
      const store = await open(t)
      const { operatorId } = await createOperatorIn(store)
      const many = Array.from({ length: 20 }, (_, index) => ({ prefix: `+93${10 + index}` }))
      const [last, network] = await insertRulesIn(
        store,
        operatorId,
        { prefix: '+44' },
        { prefix: '+45', mcc: '412', mnc: '01', allowNested: true },
        ...many,
      )
      const spans = [
        ...Array.from({ length: 5 }, () => aRuleSpan({ prefix: '+93' })),
        aRuleSpan({ prefix: '+1' }),
        aRuleSpan({ prefix: '+441' }),
        aRuleSpan({ prefix: '+45', mcc: '412' }),
      ]
      await changeRulesIn(store, operatorId, async (rules) => {
        const found = ids(await rules.overlapping(spans, 1))
        t.ok(found.includes(last.ruleId) && found.includes(network.ruleId) && found.length <= spans.length)
        t.ok(found.length >= 3, 'one that is in the way of the many')
        t.equal((await rules.overlapping(spans, 12)).length, 12)
        t.equal((await rules.overlapping(spans, 100)).length, 22)
      })
    },
  )

  t.test('inactive rules overlap nothing until they are made active', async (t) => {
    const store = await open(t)
    const { operatorId } = await createOperatorIn(store)
    const [active, sleeping] = await insertRulesIn(store, operatorId, {}, { active: false })
    const found = await changeRulesIn(store, operatorId, (rules) => rules.overlapping([aRuleSpan({})], 10))
    t.same(ids(found), [active.ruleId])
    const woken = changeRulesIn(store, operatorId, (rules) => rules.update({ ...sleeping, active: true }))
    await t.rejects(woken, { code: 'PREFIX_CONFLICT' })
    await changeRulesIn(store, operatorId, async (rules) => {
      await rules.update({ ...active, active: false })
      await rules.update({ ...sleeping, active: true })
    })
    t.match(await store.routingRules.find(operatorId, sleeping.ruleId), { active: true })
  })

  t.test('an update may be in its own way, but not in that of others', async (t) => {
    const store = await open(t)
    const { operatorId } = await createOperatorIn(store)
    const [wide, , nested] = await insertRulesIn(
      store,
      operatorId,
      { mcc: '412' },
      { mcc: '413' },
      { prefix: '+93701', mcc: '412', allowNested: true },
    )
    await t.resolves(changeRulesIn(store, operatorId, (rules) => rules.update({ ...wide, weight: 1 })))
    const attempts = [
      { ...wide, mcc: null, mnc: null },
      { ...nested, allowNested: false },
    ]
    for (const after of attempts) {
      await t.rejects(
        changeRulesIn(store, operatorId, (rules) => rules.update(after)),
        { code: 'PREFIX_CONFLICT' },
      )
    }
  })

  t.test('rules that are in the way of each other are refused together', async (t) => {
    const store = await open(t)
    const { operatorId } = await createOperatorIn(store)
    await t.rejects(insertRulesIn(store, operatorId, { prefix: '+94' }, { prefix: '+93' }, { prefix: '+9370' }), {
      code: 'PREFIX_CONFLICT',
    })
    t.same(await inventoryOf(store, operatorId), { count: 0, rules: [] })
    t.equal((await store.operators.find(operatorId))?.operator.version, 2, 'only the look at it counts')
  })

  t.test('rules of different operators are never in the way of each other', async (t) => {
    const store = await open(t)
    const [one, two] = [await createOperatorIn(store), await createOperatorIn(store)]
    await insertRulesIn(store, one.operatorId, { prefix: '+93' })
    await t.resolves(insertRulesIn(store, two.operatorId, { prefix: '+93' }, { prefix: '+94' }))
  })

  t.test('when the work rejects no rule and no prefix of it stands', async (t) => {
    const store = await open(t)
    const { operatorId } = await createOperatorIn(store)
    const [rule] = await insertRulesIn(store, operatorId, {})
    const failure = new Error('changed our mind')
    const failing = changeRulesIn(store, operatorId, async (rules) => {
      await rules.insert([aRoutingRule(operatorId, { prefix: '+94' })])
      await rules.update({ ...rule, weight: 1 })
      await rules.remove(rule.ruleId)
      throw failure
    })
    await t.rejects(failing, failure)
    t.same(await inventoryOf(store, operatorId), { count: 1, rules: [rule] })
    t.match(await store.routingRules.destinationPrefixes({ page: 1, limit: 10 }), {
      destinations: [{ ruleId: rule.ruleId }],
      total: 1,
    })
  })

  t.test('of many creates of overlapping rules at once no overlap survives', async (t) => {
    const store = await open(t)
    const { operatorId } = await createOperatorIn(store)
    const wanted = ['+93', '+9370', '+9370', '+937', '+93701', '+9370', '+93', '+937012']
    const outcomes = await Promise.allSettled(
      wanted.map((digits) => insertRulesIn(store, operatorId, { prefix: digits })),
    )
    t.equal(outcomes.filter(({ status }) => status === 'fulfilled').length, 1)
    for (const outcome of outcomes) {
      if (outcome.status === 'rejected') t.match(outcome.reason, { code: 'PREFIX_CONFLICT' })
    }
    t.equal((await inventoryOf(store, operatorId)).count, 1)
    await t.resolves(updateOperatorIn(store, operatorId), 'the lock is free')
  })
}
