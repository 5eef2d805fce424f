import type { Test } from 'tap'
import { prefix } from '../routing/prefix.ts'
import { changeRulesIn, insertRulesIn } from './rule-samples.ts'
import { createOperatorIn, type OpenStore, type StoreHarness } from './store-harness.ts'

const firstPage = { page: 1, limit: 100 } as const
const destinationsOf = async ({ routingRules }: StoreHarness) =>
  (await routingRules.destinationPrefixes(firstPage)).destinations

export function destinationPrefixesContract(t: Test, open: OpenStore): void {
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
}
