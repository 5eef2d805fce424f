import type { Test } from 'tap'
import { operatorName } from '../operator/operator-name.ts'
import { prefix } from '../routing/prefix.ts'
import type { RoutingRule } from '../routing/routing-rule.ts'
import { ROUTING_RULE_SORT_FIELDS, type RoutingRuleQuery } from '../routing/routing-rules.ts'
import { changeRulesIn, insertRulesIn } from './rule-samples.ts'
import { aHealth, newOperatorId } from './samples.ts'
import {
  createOperatorIn,
  deleteOperatorIn,
  type OpenStore,
  reportHealthIn,
  type StoreHarness,
  updateOperatorIn,
} from './store-harness.ts'

const firstPage = { page: 1, limit: 100 } as const
const byPrefix = { field: 'prefix', descending: false } as const
const ids = (rules: readonly Readonly<{ ruleId: string }>[]) => rules.map(({ ruleId }) => ruleId)
const destinationsOf = async ({ routingRules }: StoreHarness) =>
  (await routingRules.destinationPrefixes(firstPage)).destinations
const matchesOf = async ({ routingRules }: StoreHarness, to: string) => routingRules.matching(prefix(to))

export function routingRulesContract(t: Test, open: OpenStore): void {
  t.test('a rule comes back exactly as it was written', async (t) => {
    const store = await open(t)
    const { operatorId } = await createOperatorIn(store)
    const other = await createOperatorIn(store)
    const facts = { priority: 0, weight: 1_000, allowNested: true, active: false, updatedBy: 'zahra' } as const
    const rules = await insertRulesIn(
      store,
      operatorId,
      { mcc: '412', mnc: '01', ...facts },
      { prefix: '+937012345678901', mcc: '001' },
      { prefix: '+1' },
    )
    for (const rule of rules) {
      t.same(await store.routingRules.find(operatorId, rule.ruleId), rule)
      t.equal(await store.routingRules.find(other.operatorId, rule.ruleId), undefined, 'only of its own operator')
    }
    t.equal(await store.routingRules.find(operatorId, crypto.randomUUID()), undefined)
    t.equal(await store.routingRules.find(newOperatorId(), rules[0].ruleId), undefined)
  })

  t.test('destination prefixes keep in step with the rules', async (t) => {
    const store = await open(t)
    const { operatorId } = await createOperatorIn(store)
    const [one, two] = await insertRulesIn(
      store,
      operatorId,
      { mcc: '412', mnc: '01' },
      { prefix: '+94', active: false },
      { prefix: '+937012345678901', allowNested: true },
    )
    const destination = { operatorId, ruleId: one.ruleId, prefix: '+9370', mcc: '412', mnc: '01' }
    const found = await destinationsOf(store)
    t.same(found[0], { ...destination, rangeStart: '937000000000000', rangeEnd: '937099999999999' })
    t.match(found[1], { mcc: null, mnc: null, rangeStart: '937012345678901', rangeEnd: '937012345678901' })
    t.equal(found.length, 2, 'the active ones')

    const after = { ...one, mcc: null, mnc: null, active: false } as const
    await changeRulesIn(store, operatorId, async (rules) => {
      await rules.update(after)
      await rules.update({ ...two, active: true })
    })
    t.match(await destinationsOf(store), [
      { prefix: '+937012345678901' },
      { prefix: '+94', rangeStart: '940000000000000', rangeEnd: '949999999999999' },
    ])
    await changeRulesIn(store, operatorId, (rules) => rules.update({ ...after, active: true }))
    t.match((await destinationsOf(store))[0], { prefix: '+9370', mcc: null, mnc: null }, 'with its new selector')
    await changeRulesIn(store, operatorId, (rules) => rules.remove(one.ruleId))
    t.same(
      (await destinationsOf(store)).map(({ prefix }) => prefix),
      ['+937012345678901', '+94'],
    )
  })

  t.test('the rules of a deleted operator are seen by no read, those of others still are', async (t) => {
    const store = await open(t)
    const [gone, stays] = [await createOperatorIn(store), await createOperatorIn(store)]
    const [rule] = await insertRulesIn(store, gone.operatorId, {})
    const kept = await insertRulesIn(store, stays.operatorId, {})
    await deleteOperatorIn(store, gone.operatorId)
    t.equal(await store.routingRules.find(gone.operatorId, rule.ruleId), undefined)
    const query = { ...firstPage, operatorId: gone.operatorId, sort: byPrefix }
    t.same(await store.routingRules.list(query), { rules: [], total: 0 })
    t.same(await store.routingRules.destinationPrefixes({ ...firstPage, operatorId: gone.operatorId }), {
      destinations: [],
      total: 0,
    })
    t.same(ids(await destinationsOf(store)), ids(kept))
    t.same(
      (await matchesOf(store, '+93701')).map((option) => option.rule),
      kept,
    )
  })

  t.test('destination prefixes come by prefix, operator and rule, in pages that cover all of them once', async (t) => {
    const store = await open(t)
    for (const prefixes of [['+94', '+9'], ['+9', '+93'], ['+9']]) {
      const { operatorId } = await createOperatorIn(store)
      await insertRulesIn(store, operatorId, ...prefixes.map((digits) => ({ prefix: digits, allowNested: true })))
      await insertRulesIn(store, operatorId, { prefix: '+7', mcc: '250' }, { prefix: '+7', mcc: '251' })
    }
    const all = await destinationsOf(store)
    const key = (each: (typeof all)[number]) => `${each.prefix} ${each.operatorId} ${each.ruleId}`
    t.same(all.map(key), all.map(key).toSorted())
    const paged: (typeof all)[number][] = []
    for (const page of [1, 2, 3]) {
      const { destinations, total } = await store.routingRules.destinationPrefixes({ page, limit: 5 })
      t.equal(total, 11)
      paged.push(...destinations)
    }
    t.same(paged, all)
    t.same(await store.routingRules.destinationPrefixes({ page: 4, limit: 5 }), { destinations: [], total: 11 })
  })

  t.test('covers finds the prefixes that a number, or the beginning of one, has', async (t) => {
    const store = await open(t)
    const [one, two] = [await createOperatorIn(store), await createOperatorIn(store)]
    const nested = ['+9', '+93', '+9370', '+93701', '+937012345678901'].map((digits) => ({
      prefix: digits,
      allowNested: true,
    }))
    await insertRulesIn(store, one.operatorId, ...nested, { prefix: '+94' })
    await insertRulesIn(store, two.operatorId, { prefix: '+9370' }, { prefix: '+1' })
    const covering = async (covers: string, operatorId?: typeof one.operatorId) => {
      const found = await store.routingRules.destinationPrefixes({ ...firstPage, covers: prefix(covers), operatorId })
      t.equal(found.total, found.destinations.length)
      return found.destinations.map((each) => each.prefix)
    }
    t.same(await covering('+93701'), ['+9', '+93', '+9370', '+9370', '+93701'])
    t.same(await covering('+9370', two.operatorId), ['+9370'])
    t.same(await covering('+937'), ['+9', '+93'], 'a short number is in no longer prefix')
    t.same(
      await covering('+937012345678901', one.operatorId),
      nested.map((each) => each.prefix),
    )
    t.same(await covering('+8'), [])
    t.equal((await store.routingRules.destinationPrefixes({ page: 2, limit: 2, covers: prefix('+93701') })).total, 5)
  })

  t.test('a list holds the rules of one operator, all or by whether they are active', async (t) => {
    const store = await open(t)
    const [one, two] = [await createOperatorIn(store), await createOperatorIn(store)]
    const [on, off] = await insertRulesIn(store, one.operatorId, { prefix: '+1' }, { prefix: '+2', active: false })
    await insertRulesIn(store, two.operatorId, { prefix: '+3' })
    const list = (of: Partial<RoutingRuleQuery> = {}) =>
      store.routingRules.list({ ...firstPage, operatorId: one.operatorId, sort: byPrefix, ...of })
    t.same(await list(), { rules: [on, off], total: 2 })
    t.same(await list({ active: true }), { rules: [on], total: 1 })
    t.same(await list({ active: false }), { rules: [off], total: 1 })
    t.same(await list({ operatorId: newOperatorId() }), { rules: [], total: 0 })
  })

  t.test('the orders of a list hold both ways, in pages that cover all of it once', async (t) => {
    const store = await open(t)
    const { operatorId } = await createOperatorIn(store)
    const at = (minute: number) => new Date(Date.UTC(2026, 10, 20, 12, minute))
    const facts = [
      ['+2', 10, at(3)],
      ['+1', 10, at(1)],
      ['+10', 2, at(1)],
      ['+9', 1_000, at(0)],
      ['+11', 2, at(2)],
    ] as const
    await insertRulesIn(
      store,
      operatorId,
      ...facts.map(([digits, priority, createdAt]) => ({ prefix: digits, priority, createdAt, allowNested: true })),
    )
    for (const field of ROUTING_RULE_SORT_FIELDS) {
      const value = (rule: RoutingRule) => (field === 'createdAt' ? rule.createdAt.getTime() : rule[field])
      for (const descending of [false, true]) {
        const seen: RoutingRule[] = []
        for (const page of [1, 2, 3]) {
          const query = { operatorId, page, limit: 2, sort: { field, descending } }
          const { rules, total } = await store.routingRules.list(query)
          t.equal(total, 5)
          seen.push(...rules)
        }
        t.equal(new Set(ids(seen)).size, 5, `every rule once by ${field}`)
        const sorted = seen.map(value).toSorted((a, b) => (a < b ? -1 : a > b ? 1 : 0))
        t.same(seen.map(value), descending ? sorted.reverse() : sorted, `${field} ${descending ? 'down' : 'up'}`)
      }
    }
  })

  t.test('matching finds every rule whose prefix a number has, with what routing needs of its operator', async (t) => {
    const store = await open(t)
    const one = await createOperatorIn(store, { name: operatorName('Roshan') })
    const two = await createOperatorIn(store)
    const silent = await createOperatorIn(store)
    await updateOperatorIn(store, one.operatorId, { status: 'ACTIVE' })
    await reportHealthIn(store, aHealth(one.operatorId, 0, { state: 'DEGRADED' }))
    await reportHealthIn(store, aHealth(silent.operatorId, 300))
    const [wide, exact] = await insertRulesIn(
      store,
      one.operatorId,
      { prefix: '+9', allowNested: true },
      { prefix: '+93701', mcc: '412' },
      { prefix: '+937011', allowNested: true },
      { prefix: '+94' },
    )
    const [inactive] = await insertRulesIn(store, two.operatorId, { prefix: '+9370', active: false })
    const [stale] = await insertRulesIn(store, silent.operatorId, { prefix: '+9370' })
    const found = (await matchesOf(store, '+93701')).toSorted((a, b) => (a.rule.ruleId < b.rule.ruleId ? -1 : 1))
    const of = { operatorName: 'Roshan', status: 'ACTIVE', healthState: 'DEGRADED', healthStale: false }
    const unseen = { status: 'INACTIVE', healthState: 'UNKNOWN' }
    const expected = [
      { rule: wide, ...of },
      { rule: exact, ...of },
      { rule: inactive, operatorName: two.name, ...unseen, healthStale: false },
      { rule: stale, operatorName: silent.name, ...unseen, healthStale: true },
    ].toSorted((a, b) => (a.rule.ruleId < b.rule.ruleId ? -1 : 1))
    t.same(found, expected)
    t.same(await matchesOf(store, '+8'), [])
    t.same(
      (await matchesOf(store, '+9')).map(({ rule }) => rule),
      [wide],
      'a prefix longer than the number is not one',
    )
  })

  t.test('the directory shows all rules of an operator by prefix and id', async (t) => {
    const store = await open(t)
    const [one, two] = [await createOperatorIn(store), await createOperatorIn(store)]
    const made = await insertRulesIn(
      store,
      one.operatorId,
      { prefix: '+94', mcc: '412' },
      { prefix: '+94', mcc: '413' },
      { prefix: '+93', active: false },
    )
    const rules = made.toSorted((a, b) => (`${a.prefix} ${a.ruleId}` < `${b.prefix} ${b.ruleId}` ? -1 : 1))
    t.same((await store.directory.find(one.operatorId))?.rules, rules)
    for await (const entry of store.directory.stream()) {
      t.same(entry.rules, entry.operator.operatorId === two.operatorId ? [] : rules)
    }
  })
}
