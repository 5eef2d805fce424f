import type { Test } from 'tap'
import type { CleanupItem } from '../operator/credentials-cleanup.ts'
import { provisioned } from '../operator/operator.ts'
import { aProvisionalOperator, aRecordedChange } from './samples.ts'
import { createOperatorIn, deleteOperatorIn, type OpenStore, type StoreHarness } from './store-harness.ts'
import { aMoment, gate } from './turn.ts'

const DAY = 86_400

/** Runs all that is due and returns what was to be destroyed. */
async function sweep({ cleanup }: StoreHarness, againAfterSeconds = 600): Promise<readonly CleanupItem[]> {
  const items: CleanupItem[] = []
  const destroy = async (item: CleanupItem): Promise<void> => {
    items.push(item)
  }
  while (await cleanup.processNext(againAfterSeconds, destroy)) if (items.length > 100) break
  return items
}

export function credentialsCleanupContract(t: Test, open: OpenStore): void {
  t.test('nothing is due while a create still has time', async (t) => {
    const store = await open(t)
    await store.operators.insertProvisional(aProvisionalOperator(), 60)
    t.same(await sweep(store), [])
    await store.bringCleanupsForward(59)
    t.same(await sweep(store), [])
  })

  t.test('a create that did not finish in time loses its row, its claim and its secret', async (t) => {
    const store = await open(t)
    const draft = aProvisionalOperator()
    await store.operators.insertProvisional(draft, 60)
    await store.bringCleanupsForward(61)
    t.same(await sweep(store), [{ operatorId: draft.operatorId, firstPass: true }])
    t.same(await store.operators.holders(draft), [])
  })

  t.test('a row comes back once, for what a late write left, and then is gone', async (t) => {
    const store = await open(t)
    const { operatorId } = aProvisionalOperator()
    await store.operators.insertProvisional(aProvisionalOperator({ operatorId }), 0)
    t.same(await sweep(store), [{ operatorId, firstPass: true }])
    await store.bringCleanupsForward(599)
    t.same(await sweep(store), [], 'not before its time')
    await store.bringCleanupsForward(2)
    t.same(await sweep(store), [{ operatorId, firstPass: false }])
    await store.bringCleanupsForward(365 * DAY)
    t.same(await sweep(store), [])
  })

  t.test('a completed operator is never touched', async (t) => {
    const store = await open(t)
    const operator = await createOperatorIn(store)
    await store.bringCleanupsForward(365 * DAY)
    t.same(await sweep(store), [])
    t.ok(await store.operators.find(operator.operatorId))
  })

  t.test('the secret of a deleted operator goes when its days are over; the operator stays as history', async (t) => {
    const store = await open(t)
    const { operatorId } = await createOperatorIn(store)
    await deleteOperatorIn(store, operatorId)
    await store.bringCleanupsForward(30 * DAY - 60)
    t.same(await sweep(store), [])
    await store.bringCleanupsForward(120)
    t.same(await sweep(store), [{ operatorId, firstPass: true }])
    const sort = { field: 'name', descending: false } as const
    t.equal((await store.operators.list({ includeDeleted: true, page: 1, limit: 10, sort })).total, 1)
  })

  t.test('when destroy rejects the operator stays as it was and its row comes due again in 30 s', async (t) => {
    const store = await open(t)
    const draft = aProvisionalOperator()
    const createdAt = await store.operators.insertProvisional(draft, 0)
    const failing = () => Promise.reject(new Error('Vault is away'))
    t.equal(await store.cleanup.processNext(600, failing), true, 'so that one secret holds up no other')
    t.match(await store.operators.holders(draft), [{ operatorId: draft.operatorId, provisional: true }])
    t.same(await sweep(store), [], 'not at once')
    await store.bringCleanupsForward(31)
    t.same(await sweep(store), [{ operatorId: draft.operatorId, firstPass: true }], 'still its first pass')
    const operator = provisioned(draft, { createdAt, credentialsVersion: 1 })
    t.equal(await store.operators.complete(operator, aRecordedChange('operator.config.created.v1', operator)), false)
  })

  t.test('a row that one sweeper works on is left alone by another', async (t) => {
    const store = await open(t)
    await store.operators.insertProvisional(aProvisionalOperator(), 0)
    const { entered, goOn, pass } = gate()
    const first = store.cleanup.processNext(600, pass)
    await entered
    t.equal(await store.cleanup.processNext(600, () => Promise.reject(new Error('taken twice'))), false)
    goOn()
    t.equal(await first, true)
  })

  t.test('two sweepers work on two rows at once', async (t) => {
    const store = await open(t)
    await store.operators.insertProvisional(aProvisionalOperator(), 0)
    await store.operators.insertProvisional(aProvisionalOperator(), 0)
    const [one, two] = [gate(), gate()]
    const runs = [store.cleanup.processNext(600, one.pass), store.cleanup.processNext(600, two.pass)]
    await Promise.all([one.entered, two.entered])
    one.goOn()
    two.goOn()
    t.same(await Promise.all(runs), [true, true])
  })

  for (const destroyed of [true, false]) {
    t.test(`a create that finishes while its clean-up runs waits, and ${destroyed ? 'fails' : 'stands'}`, async (t) => {
      const store = await open(t)
      const draft = aProvisionalOperator()
      const createdAt = await store.operators.insertProvisional(draft, 0)
      const { entered, goOn, pass } = gate()
      const swept = store.cleanup.processNext(600, async () => {
        await pass()
        if (!destroyed) throw new Error('Vault is away')
      })
      await entered
      const operator = provisioned(draft, { createdAt, credentialsVersion: 1 })
      const completed = store.operators.complete(operator, aRecordedChange('operator.config.created.v1', operator))
      const early = await Promise.race([completed, aMoment().then(() => 'waits')])
      t.equal(early, 'waits')
      goOn()
      t.equal(await swept, true)
      t.equal(await completed, !destroyed)
      await store.bringCleanupsForward(31)
      t.same(await sweep(store), [], 'and nothing more is due')
      t.equal((await store.operators.find(draft.operatorId)) !== undefined, !destroyed)
    })
  }
}
