import type { Test } from 'tap'
import { notes } from '../operator/notes.ts'
import { type Operator, revised } from '../operator/operator.ts'
import { operatorName } from '../operator/operator-name.ts'
import { port } from '../operator/port.ts'
import { tpsLimit } from '../operator/tps-limit.ts'
import { aRecordedChange, newOperatorId } from './samples.ts'
import {
  createOperatorIn,
  deleteOperatorIn,
  type OpenStore,
  type StoreHarness,
  updateOperatorIn,
} from './store-harness.ts'
import { aMoment, gate } from './turn.ts'

const updated = (operator: Operator) => aRecordedChange('operator.config.updated.v1', operator)
const everything = {
  includeDeleted: true,
  page: 1,
  limit: 200,
  sort: { field: 'name', descending: false },
} as const
const here = { acrossVault: false } as const
const eventIds = async ({ outbox }: StoreHarness) => (await outbox.pending(100)).map(({ eventId }) => eventId)

export function operatorChangingContract(t: Test, open: OpenStore): void {
  t.test('a change commits the new state, its history and its event together', async (t) => {
    const store = await open(t)
    const { operatorId, name } = await createOperatorIn(store)
    const settings = {
      name: operatorName('Renamed'),
      port: port(2776),
      status: 'ACTIVE',
      bindType: 'RECEIVER',
      tpsLimit: tpsLimit({ maxTps: 9, burstMultiplier: 1.01, burstWindowMs: 250, enforcementMode: 'SOFT_THROTTLE' }),
      notes: notes('a note'),
      credentialsVersion: 2,
    } as const
    const answer = await store.operators.change(operatorId, { acrossVault: true }, async (change) => {
      t.equal(change.operator.name, name)
      t.ok(Math.abs(change.at.getTime() - Date.now()) < 60_000, 'at is now')
      const next = revised(change.operator, settings, { actor: 'zahra', at: change.at })
      await change.save(next)
      const recorded = updated(next)
      await change.record(next, recorded)
      return { next, recorded }
    })
    t.same((await store.operators.find(operatorId))?.operator, answer.next)
    t.same((await store.audit()).at(-1), answer.recorded.audit)
    const { event, auditEvent } = answer.recorded
    t.match((await store.outbox.pending(10)).slice(-2), [event, auditEvent], 'the one right behind the other')
  })

  t.test('a change that writes nothing leaves everything as it was', async (t) => {
    const store = await open(t)
    const operator = await createOperatorIn(store)
    t.equal(await store.operators.change(operator.operatorId, here, async (change) => change.operator.version), 1)
    t.same((await store.operators.find(operator.operatorId))?.operator, operator)
    t.equal((await store.audit()).length, 1)
    t.equal((await store.outbox.pending(10)).length, 2)
  })

  t.test('when the work rejects nothing of it stands, and its own error comes back', async (t) => {
    const store = await open(t)
    const operator = await createOperatorIn(store)
    const failure = new Error('Vault is away')
    const failing = store.operators.change(operator.operatorId, { acrossVault: true }, async (change) => {
      const next = revised(change.operator, { name: operatorName('Never') }, { actor: 'zahra', at: change.at })
      await change.save(next)
      await change.scheduleCredentialsRemoval(0)
      await change.record(next, updated(next))
      throw failure
    })
    await t.rejects(failing, failure)
    t.same((await store.operators.find(operator.operatorId))?.operator, operator)
    t.equal((await store.audit()).length, 1)
    t.equal((await store.outbox.pending(10)).length, 2)
    t.equal(await store.cleanup.processNext(600, async () => {}), false)
    await t.resolves(createOperatorIn(store, { name: operatorName('Never') }), 'the name is free')
    await t.resolves(updateOperatorIn(store, operator.operatorId), 'the lock is free')
  })

  t.test('an operator that is unknown or deleted cannot be changed; the deleted one did exist', async (t) => {
    const store = await open(t)
    const { operatorId } = await createOperatorIn(store)
    t.equal(await store.operators.existed(operatorId), true)
    await deleteOperatorIn(store, operatorId)
    t.equal(await store.operators.existed(operatorId), true)
    t.equal(await store.operators.existed(newOperatorId()), false)
    for (const id of [operatorId, newOperatorId()]) {
      await t.rejects(
        store.operators.change(id, here, async () => {}),
        { code: 'OPERATOR_NOT_FOUND' },
      )
    }
  })

  t.test('a deleted operator is gone for readers, and its name and endpoint are free again', async (t) => {
    const store = await open(t)
    const operator = await createOperatorIn(store)
    const deleted = await deleteOperatorIn(store, operator.operatorId)
    t.equal(await store.operators.find(operator.operatorId), undefined)
    t.equal((await store.operators.list({ ...everything, includeDeleted: false })).total, 0)
    t.same(
      (await store.operators.list(everything)).views.map((view) => view.operator),
      [deleted],
    )
    t.same(await store.operators.holders(operator), [])
    const { name, host, port, systemId } = operator
    await t.resolves(createOperatorIn(store, { name, host, port, systemId }))
  })

  t.test('changes of one operator come one after the other, their events in version order', async (t) => {
    const store = await open(t)
    const { operatorId } = await createOperatorIn(store)
    await Promise.all(Array.from({ length: 8 }, () => updateOperatorIn(store, operatorId)))
    t.equal((await store.operators.find(operatorId))?.operator.version, 9)
    const versions = (await store.outbox.pending(100)).map(({ payload }) => payload.version)
    t.same(
      versions,
      [1, 2, 3, 4, 5, 6, 7, 8, 9].flatMap((version) => [version, version]),
    )
  })

  t.test('until it commits a change is seen by nobody and holds up no other operator', async (t) => {
    const store = await open(t)
    const operator = await createOperatorIn(store)
    const other = await createOperatorIn(store)
    const { entered, goOn, pass } = gate()
    const changing = store.operators.change(operator.operatorId, here, async (change) => {
      const next = revised(change.operator, { port: port(9000) }, { actor: 'zahra', at: change.at })
      await change.save(next)
      await change.record(next, updated(next))
      await pass()
    })
    await entered
    t.same((await store.operators.find(operator.operatorId))?.operator, operator)
    t.equal((await updateOperatorIn(store, other.operatorId)).version, 2)
    t.equal((await store.audit()).length, 3)
    goOn()
    await changing
    t.equal((await store.operators.find(operator.operatorId))?.operator.port, 9000)
  })

  t.test('whether a change stands is known by its event', async (t) => {
    const store = await open(t)
    const operator = await createOperatorIn(store)
    const [first] = await eventIds(store)
    t.equal(await store.operators.wasCommitted(operator.operatorId, first ?? ''), true)
    t.equal(await store.operators.wasCommitted(operator.operatorId, crypto.randomUUID()), false)
    t.equal(await store.operators.wasCommitted(newOperatorId(), crypto.randomUUID()), false)
    await deleteOperatorIn(store, operator.operatorId)
    const last = (await eventIds(store)).at(-2)
    t.equal(await store.operators.wasCommitted(operator.operatorId, last ?? ''), true, 'of a deleted operator too')
  })

  for (const stands of [true, false]) {
    t.test(`asked during a change that ${stands ? 'commits' : 'rolls back'}, the answer waits for it`, async (t) => {
      const store = await open(t)
      const operator = await createOperatorIn(store)
      const next = revised(operator, {}, { actor: 'zahra', at: new Date() })
      const recorded = updated(next)
      const { entered, goOn, pass } = gate()
      const changing = store.operators.change(operator.operatorId, here, async (change) => {
        await change.record(next, recorded)
        await pass()
        if (!stands) throw new Error('rolled back')
      })
      const settled = Promise.allSettled([changing])
      await entered
      const asked = store.operators.wasCommitted(operator.operatorId, recorded.event.eventId)
      t.equal(await Promise.race([asked, aMoment().then(() => 'waits')]), 'waits')
      goOn()
      await settled
      t.equal(await asked, stands)
    })
  }
}
