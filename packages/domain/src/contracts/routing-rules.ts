import type { Test } from 'tap'
import { operatorName } from '../operator/operator-name.ts'
import { prefix } from '../routing/prefix.ts'
import type { RoutingRule } from '../routing/routing-rule.ts'
import { ROUTING_RULE_SORT_FIELDS, type RoutingRuleQuery } from '../routing/routing-rules.ts'
import { destinationPrefixesContract } from './destination-prefixes.ts'
import { insertRulesIn } from './rule-samples.ts'
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
const matchesOf = async ({ routingRules }: StoreHarness, to: string, inactiveLimit = 100) =>
  routingRules.matching(prefix(to), inactiveLimit)

export function routingRulesContract(t: Test, open: OpenStore): void {
  destinationPrefixesContract(t, open)

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
    t.same(ids((await store.routingRules.destinationPrefixes(firstPage)).destinations), ids(kept))
    t.same(
      (await matchesOf(store, '+93701')).map((option) => option.rule),
      kept,
    )
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

  t.test('matching finds every active rule, and no more inactive ones than it may', async (t) => {
    const store = await open(t)
    const { operatorId } = await createOperatorIn(store)
    const asleep = { prefix: '+9370', active: false }
    await insertRulesIn(store, operatorId, { prefix: '+937' }, asleep, asleep, asleep)
    for (const [limit, shown] of [
      [0, 0],
      [2, 2],
      [3, 3],
      [4, 3],
    ] as const) {
      const found = (await matchesOf(store, '+93701', limit)).map(({ rule }) => rule.active)
      t.same(found.toSorted(), [...Array.from({ length: shown }, () => false), true], `at most ${limit}`)
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
