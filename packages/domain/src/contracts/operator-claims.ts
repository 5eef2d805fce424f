import type { Test } from 'tap'
import { operatorName } from '../operator/operator-name.ts'
import { port } from '../operator/port.ts'
import { aProvisionalOperator } from './samples.ts'
import { createOperatorIn, deleteOperatorIn, type OpenStore, updateOperatorIn } from './store-harness.ts'

export function operatorClaimsContract(t: Test, open: OpenStore): void {
  t.test('an endpoint belongs to one live operator', async (t) => {
    const store = await open(t)
    const { host, port: taken, systemId } = await createOperatorIn(store)
    const same = aProvisionalOperator({ host, port: taken, systemId })
    await t.rejects(store.operators.insertProvisional(same, 60), { code: 'DUPLICATE_OPERATOR' })
    await t.resolves(
      store.operators.insertProvisional({ ...same, port: port(9999) }, 60),
      'another port is another one',
    )
  })

  t.test('a name belongs to one live operator, whatever its case', async (t) => {
    const store = await open(t)
    await createOperatorIn(store, { name: operatorName('Zürich Télécom') })
    for (const name of ['Zürich Télécom', 'zürich télécom', 'ZÜRICH TÉLÉCOM']) {
      const same = aProvisionalOperator({ name: operatorName(name) })
      await t.rejects(store.operators.insertProvisional(same, 60), { code: 'DUPLICATE_NAME' }, name)
      t.match(await store.operators.holders(same), [{ name: 'Zürich Télécom', holds: 'name', provisional: false }])
    }
    await t.resolves(store.operators.insertProvisional(aProvisionalOperator({ name: operatorName('Zürich') }), 60))
  })

  t.test('a provisional operator holds its claim against others', async (t) => {
    const { operators } = await open(t)
    const draft = aProvisionalOperator()
    await operators.insertProvisional(draft, 60)
    const { host, port, systemId, name } = draft
    const sameEndpoint = aProvisionalOperator({ host, port, systemId })
    await t.rejects(operators.insertProvisional(sameEndpoint, 60), { code: 'DUPLICATE_OPERATOR' })
    await t.rejects(operators.insertProvisional(aProvisionalOperator({ name }), 60), { code: 'DUPLICATE_NAME' })
  })

  t.test('a refused claim leaves nothing behind', async (t) => {
    const store = await open(t)
    const { name } = await createOperatorIn(store)
    const refused = aProvisionalOperator({ name })
    await t.rejects(store.operators.insertProvisional(refused, 0), { code: 'DUPLICATE_NAME' })
    t.same(await store.operators.holders({ ...refused, name: 'free' }), [])
    t.equal(await store.cleanup.processNext(600, async () => {}), false)
  })

  t.test('of many claims of one endpoint at once one is granted', async (t) => {
    const { operators } = await open(t)
    const { host, port, systemId } = aProvisionalOperator()
    const claims = Array.from({ length: 10 }, () => aProvisionalOperator({ host, port, systemId }))
    const outcomes = await Promise.allSettled(claims.map((claim) => operators.insertProvisional(claim, 60)))
    t.equal(outcomes.filter(({ status }) => status === 'fulfilled').length, 1)
    for (const outcome of outcomes) {
      if (outcome.status === 'rejected') t.match(outcome.reason, { code: 'DUPLICATE_OPERATOR' })
    }
  })

  t.test('saving what another holds is refused before anything else happens', async (t) => {
    const store = await open(t)
    const holder = await createOperatorIn(store)
    const operator = await createOperatorIn(store)
    const { host, port, systemId } = holder
    const attempts = [
      [{ name: operatorName(holder.name.toUpperCase()) }, 'DUPLICATE_NAME'],
      [{ host, port, systemId }, 'DUPLICATE_OPERATOR'],
    ] as const
    for (const [settings, code] of attempts) {
      await t.rejects(updateOperatorIn(store, operator.operatorId, settings), { code })
      t.same((await store.operators.find(operator.operatorId))?.operator, operator)
    }
    const recased = operatorName(operator.name.toUpperCase())
    t.equal((await updateOperatorIn(store, operator.operatorId, { name: recased })).name, recased, 'its own name')
  })

  t.test('of two changes that want one name at once one is refused', async (t) => {
    const store = await open(t)
    const two = [await createOperatorIn(store), await createOperatorIn(store)]
    const name = operatorName('Wanted')
    const outcomes = await Promise.allSettled(
      two.map(({ operatorId }) => updateOperatorIn(store, operatorId, { name })),
    )
    t.same(outcomes.map(({ status }) => status).sort(), ['fulfilled', 'rejected'])
    for (const outcome of outcomes) {
      if (outcome.status === 'rejected') t.match(outcome.reason, { code: 'DUPLICATE_NAME' })
    }
  })

  t.test('holders names who holds what, leaving out the one who asks and the deleted', async (t) => {
    const store = await open(t)
    const one = await createOperatorIn(store)
    const two = await createOperatorIn(store)
    const gone = await createOperatorIn(store)
    await deleteOperatorIn(store, gone.operatorId)
    const { host, port, systemId } = one
    const claim = { host, port, systemId, name: two.name.toUpperCase() }
    const holders = (await store.operators.holders(claim)).toSorted((a, b) => (a.holds < b.holds ? -1 : 1))
    const first = { operatorId: one.operatorId, name: one.name, holds: 'endpoint', provisional: false }
    const second = { operatorId: two.operatorId, name: two.name, holds: 'name', provisional: false }
    t.same(holders, [first, second])
    t.same(await store.operators.holders(claim, one.operatorId), [second])
    t.same(await store.operators.holders({ ...gone }), [])
  })
}
