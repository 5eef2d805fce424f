import type { Test } from 'tap'
import { host } from '../operator/host.ts'
import type { Operator } from '../operator/operator.ts'
import { operatorName } from '../operator/operator-name.ts'
import { OPERATOR_SORT_FIELDS, type OperatorPage, type OperatorQuery } from '../operator/operator-repository.ts'
import { systemId } from '../operator/system-id.ts'
import { aHealth } from './samples.ts'
import {
  createOperatorIn,
  deleteOperatorIn,
  type OpenStore,
  reportHealthIn,
  type StoreHarness,
  updateOperatorIn,
} from './store-harness.ts'

const query = (of: Partial<OperatorQuery> = {}): OperatorQuery => ({
  includeDeleted: false,
  page: 1,
  limit: 50,
  sort: { field: 'name', descending: false },
  ...of,
})
const names = ({ views }: OperatorPage): readonly string[] => views.map(({ operator }) => operator.name)

const fleet = async (store: StoreHarness): Promise<readonly Operator[]> => {
  const made: Operator[] = []
  for (const letter of ['D', 'B', 'E', 'A', 'C']) {
    made.push(
      await createOperatorIn(store, {
        name: operatorName(letter),
        host: host(`${letter === 'A' ? 'z' : letter}.example.net`),
        systemId: systemId(`id-${letter}`),
      }),
    )
  }
  return made
}

export function operatorListContract(t: Test, open: OpenStore): void {
  t.test('without operators the page is empty', async (t) => {
    const { operators } = await open(t)
    t.same(await operators.list(query()), { views: [], total: 0 })
  })

  t.test('a filter by status finds those that an admin wants so', async (t) => {
    const store = await open(t)
    const [d, b] = await fleet(store)
    if (d && b) await updateOperatorIn(store, d.operatorId, { status: 'ACTIVE' })
    t.same(names(await store.operators.list(query({ status: 'ACTIVE' }))), ['D'])
    t.same(names(await store.operators.list(query({ status: 'INACTIVE' }))), ['A', 'B', 'C', 'E'])
    t.same(await store.operators.list(query({ status: 'SUSPENDED' })), { views: [], total: 0 })
  })

  t.test('a filter by health goes by what a reader sees: silence is UNKNOWN', async (t) => {
    const store = await open(t)
    const [d, b, e] = await fleet(store)
    if (d) await reportHealthIn(store, aHealth(d.operatorId, 0, { state: 'HEALTHY' }))
    if (b) await reportHealthIn(store, aHealth(b.operatorId, 0, { state: 'UNHEALTHY' }))
    if (e) await reportHealthIn(store, aHealth(e.operatorId, 600, { state: 'HEALTHY' }))
    t.same(names(await store.operators.list(query({ healthState: 'HEALTHY' }))), ['D'])
    t.same(names(await store.operators.list(query({ healthState: 'UNHEALTHY' }))), ['B'])
    const unknown = await store.operators.list(query({ healthState: 'UNKNOWN' }))
    t.same(names(unknown), ['A', 'C', 'E'])
    t.same(
      unknown.views.map(({ healthStale }) => healthStale),
      [false, false, true],
    )
  })

  t.test('q finds a part of name, host or systemId in any case', async (t) => {
    const store = await open(t)
    await createOperatorIn(store, { name: operatorName('Étisalat North') })
    await createOperatorIn(store, { name: operatorName('Roshan'), host: host('smpp.north.example') })
    await createOperatorIn(store, { name: operatorName('Salaam'), systemId: systemId('xNORTHx') })
    await createOperatorIn(store, { name: operatorName('Elsewhere') })
    const found = names(await store.operators.list(query({ q: 'nOrTh' })))
    t.same(found.toSorted(), ['Roshan', 'Salaam', 'Étisalat North'])
    t.same(names(await store.operators.list(query({ q: 'étis' }))), ['Étisalat North'])
    t.same(names(await store.operators.list(query({ q: 'nowhere' }))), [])
  })

  t.test('q takes every character for itself', async (t) => {
    const store = await open(t)
    const odd = ['50% off', 'under_score', 'back\\slash', "o'quote", 'plain', 'star*', '[set]', '^start$', '(a|b)']
    for (const name of odd) await createOperatorIn(store, { name: operatorName(name) })
    for (const q of ['%', '_', '\\', "'", '*', '[', '^', '(', '|', '$']) {
      const expected = odd.filter((name) => name.includes(q)).sort()
      t.same([...names(await store.operators.list(query({ q })))].sort(), expected, q)
    }
  })

  t.test('filters hold together', async (t) => {
    const store = await open(t)
    const [d, b] = await fleet(store)
    if (d) await updateOperatorIn(store, d.operatorId, { status: 'ACTIVE' })
    if (b) await updateOperatorIn(store, b.operatorId, { status: 'ACTIVE' })
    t.same(names(await store.operators.list(query({ status: 'ACTIVE', q: 'id-b', healthState: 'UNKNOWN' }))), ['B'])
  })

  t.test('deleted operators come only when asked for', async (t) => {
    const store = await open(t)
    const [d] = await fleet(store)
    if (d) await deleteOperatorIn(store, d.operatorId)
    t.same(names(await store.operators.list(query())), ['A', 'B', 'C', 'E'])
    const all = await store.operators.list(query({ includeDeleted: true }))
    t.same(names(all), ['A', 'B', 'C', 'D', 'E'])
    t.equal(all.total, 5)
    t.same(
      all.views.map(({ operator }) => operator.deletedAt !== null),
      [false, false, false, true, false],
    )
  })

  for (const field of OPERATOR_SORT_FIELDS) {
    t.test(`the order by ${field} holds both ways`, async (t) => {
      const store = await open(t)
      const [d, b] = await fleet(store)
      if (d) await updateOperatorIn(store, d.operatorId, { status: 'ACTIVE' })
      if (b) await updateOperatorIn(store, b.operatorId, { status: 'ACTIVE' })
      const sorted = async (descending: boolean) => {
        const { views } = await store.operators.list(query({ sort: { field, descending } }))
        return views
          .map(({ operator }) => operator[field])
          .map((value) => (value instanceof Date ? value.getTime() : value))
      }
      const upwards = await sorted(false)
      t.equal(upwards.length, 5)
      t.same(
        upwards,
        upwards.toSorted((a, b) => (a < b ? -1 : a > b ? 1 : 0)),
      )
      t.same(await sorted(true), upwards.toReversed())
    })
  }

  t.test('pages cover everything once, also where the order leaves ties, and count it all', async (t) => {
    const store = await open(t)
    await fleet(store)
    const seen: string[] = []
    for (const page of [1, 2, 3]) {
      const found = await store.operators.list(query({ page, limit: 2, sort: { field: 'status', descending: true } }))
      t.equal(found.total, 5)
      t.equal(found.views.length, page === 3 ? 1 : 2)
      seen.push(...names(found))
    }
    t.same(seen.sort(), ['A', 'B', 'C', 'D', 'E'])
    t.same(await store.operators.list(query({ page: 4, limit: 2 })), { views: [], total: 5 })
  })
}
