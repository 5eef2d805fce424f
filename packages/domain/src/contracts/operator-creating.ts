import type { Test } from 'tap'
import { unreported } from '../health/operator-health.ts'
import { notes } from '../operator/notes.ts'
import { type Operator, provisioned } from '../operator/operator.ts'
import { tpsLimit } from '../operator/tps-limit.ts'
import { aHealth, aProvisionalOperator, aRecordedChange, newOperatorId } from './samples.ts'
import { createOperatorIn, type OpenStore, reportHealthIn } from './store-harness.ts'

const created = (operator: Operator) => aRecordedChange('operator.config.created.v1', operator)
const everything = {
  includeDeleted: true,
  page: 1,
  limit: 200,
  sort: { field: 'name', descending: false },
} as const
const here = { acrossVault: false } as const

export function operatorCreatingContract(t: Test, open: OpenStore): void {
  t.test('a provisional operator is seen by no reader, yet holds its claim', async (t) => {
    const store = await open(t)
    const draft = aProvisionalOperator()
    const createdAt = await store.operators.insertProvisional(draft, 60)
    t.ok(Math.abs(createdAt.getTime() - Date.now()) < 60_000, 'created now')
    t.equal(await store.operators.find(draft.operatorId), undefined)
    t.equal((await store.operators.list(everything)).total, 0)
    t.equal(await store.operators.existed(draft.operatorId), false)
    t.equal(await store.directory.find(draft.operatorId), undefined)
    t.equal(await store.health.find(draft.operatorId), undefined)
    await t.rejects(
      store.operators.change(draft.operatorId, here, async () => {}),
      { code: 'OPERATOR_NOT_FOUND' },
    )
    const { operatorId, name } = draft
    t.same(
      (await store.operators.holders(draft)).toSorted((a, b) => (a.holds < b.holds ? -1 : 1)),
      [
        { operatorId, name, holds: 'endpoint', provisional: true },
        { operatorId, name, holds: 'name', provisional: true },
      ],
    )
    t.same(await store.audit(), [])
    t.same(await store.outbox.pending(10), [])
  })

  t.test('completing makes it visible with its history and its events', async (t) => {
    const store = await open(t)
    const draft = aProvisionalOperator({
      notes: notes('one\n\ttwo'),
      tpsLimit: tpsLimit({ maxTps: 7, burstMultiplier: 99.99 }),
    })
    const createdAt = await store.operators.insertProvisional(draft, 60)
    const operator = provisioned(draft, { createdAt, credentialsVersion: 3 })
    const change = created(operator)
    t.equal(await store.operators.complete(operator, change), true)
    t.same(await store.operators.find(draft.operatorId), { operator, healthState: 'UNKNOWN', healthStale: false })
    t.same(await store.audit(), [change.audit])
    t.match(await store.outbox.pending(10), [change.event, change.auditEvent])
  })

  t.test('completing after the clean-up ran is false and leaves no trace', async (t) => {
    const store = await open(t)
    const draft = aProvisionalOperator()
    const createdAt = await store.operators.insertProvisional(draft, 0)
    t.equal(await store.cleanup.processNext(600, async () => {}), true)
    const operator = provisioned(draft, { createdAt, credentialsVersion: 1 })
    t.equal(await store.operators.complete(operator, created(operator)), false)
    t.equal(await store.operators.find(draft.operatorId), undefined)
    t.same(await store.audit(), [])
    t.same(await store.outbox.pending(10), [])
  })

  t.test('completing twice is false the second time and tells nothing twice', async (t) => {
    const store = await open(t)
    const operator = await createOperatorIn(store)
    t.equal(await store.operators.complete(operator, created(operator)), false)
    t.equal((await store.audit()).length, 1)
    t.equal((await store.outbox.pending(10)).length, 2)
  })

  t.test('abandoning a provisional operator frees its claim and makes its clean-up due', async (t) => {
    const store = await open(t)
    const draft = aProvisionalOperator()
    await store.operators.insertProvisional(draft, 3_600)
    await store.operators.abandon(draft.operatorId)
    t.same(await store.operators.holders(draft), [])
    const swept: unknown[] = []
    t.equal(await store.cleanup.processNext(600, async (item) => void swept.push(item)), true)
    t.same(swept, [{ operatorId: draft.operatorId, firstPass: true }])
    await t.resolves(store.operators.insertProvisional({ ...draft, operatorId: newOperatorId() }, 60))
  })

  t.test('abandoning leaves a finished operator alone', async (t) => {
    const store = await open(t)
    const operator = await createOperatorIn(store)
    await store.operators.abandon(operator.operatorId)
    t.same((await store.operators.find(operator.operatorId))?.operator, operator)
    t.equal(await store.cleanup.processNext(600, async () => {}), false)
  })

  t.test(
    'the health that a reader sees is the reported one, and UNKNOWN and stale after 60 s of silence',
    async (t) => {
      const store = await open(t)
      const { operatorId } = await createOperatorIn(store)
      await reportHealthIn(store, aHealth(operatorId, 0, { state: 'DEGRADED' }))
      t.match(await store.operators.find(operatorId), { healthState: 'DEGRADED', healthStale: false })
      await reportHealthIn(store, aHealth(operatorId, 300, { state: 'DEGRADED' }))
      t.match(await store.operators.find(operatorId), { healthState: 'UNKNOWN', healthStale: true })
      await reportHealthIn(store, unreported(operatorId))
      t.match(await store.operators.find(operatorId), { healthState: 'UNKNOWN', healthStale: false })
    },
  )
}
