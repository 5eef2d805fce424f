import type { Test } from 'tap'
import { createOperatorIn, type OpenStore, type StoreHarness, updateOperatorIn } from './store-harness.ts'

/** A change is told by two events: what it is, and that somebody made it. */
const BOTH = 2
const pendingIds = async ({ outbox }: StoreHarness, limit = 100) =>
  (await outbox.pending(limit)).map(({ operatorId, payload }) => [operatorId, payload.version])

export function outboxContract(t: Test, open: OpenStore): void {
  t.test('an empty outbox has nothing pending and no backlog', async (t) => {
    const { outbox } = await open(t)
    t.same(await outbox.pending(10), [])
    t.same(await outbox.backlog(), { depth: 0, oldestAgeSeconds: 0, parked: 0 })
    await t.resolves(outbox.markPublished([]))
    t.equal(await outbox.prune(0), 0)
  })

  t.test('events wait in the order of their commits, each as it was recorded', async (t) => {
    const store = await open(t)
    const one = await createOperatorIn(store)
    const two = await createOperatorIn(store)
    await updateOperatorIn(store, one.operatorId)
    t.same(await pendingIds(store), [
      [one.operatorId, 1],
      [one.operatorId, 1],
      [two.operatorId, 1],
      [two.operatorId, 1],
      [one.operatorId, 2],
      [one.operatorId, 2],
    ])
    t.same(await pendingIds(store, 3), [
      [one.operatorId, 1],
      [one.operatorId, 1],
      [two.operatorId, 1],
    ])
    const [first, second] = await store.outbox.pending(BOTH)
    t.match(second, { subject: 'audit.admin.v1', traceparent: /^00-4bf92f35/, payload: { actor: 'amina' } })
    t.equal(second?.payload.eventId, second?.eventId)
    t.match(first, { subject: 'operator.config.created.v1', traceparent: /^00-4bf92f35/, payload: { name: one.name } })
    t.equal(first?.payload.eventId, first?.eventId)
    const age = Date.now() - (first?.committedAt.getTime() ?? 0)
    t.ok(Math.abs(age) < 60_000, 'committed now')
  })

  t.test('a published event waits no more; marking it again is no error', async (t) => {
    const store = await open(t)
    const one = await createOperatorIn(store)
    await updateOperatorIn(store, one.operatorId)
    const positions = (await store.outbox.pending(BOTH)).map(({ position }) => position)
    await store.outbox.markPublished(positions)
    await store.outbox.markPublished(positions)
    t.same(await pendingIds(store), [
      [one.operatorId, 2],
      [one.operatorId, 2],
    ])
    t.match(await store.outbox.backlog(), { depth: BOTH, parked: 0 })
  })

  t.test('several events are marked at once', async (t) => {
    const store = await open(t)
    for (let made = 0; made < 3; made += 1) await createOperatorIn(store)
    const positions = (await store.outbox.pending(10)).map(({ position }) => position)
    t.equal(new Set(positions).size, 3 * BOTH)
    await store.outbox.markPublished(positions)
    t.same(await store.outbox.pending(10), [])
  })

  t.test('a parked event stands aside, is counted, and lets others go on', async (t) => {
    const store = await open(t)
    const one = await createOperatorIn(store)
    await updateOperatorIn(store, one.operatorId)
    const [first] = await store.outbox.pending(1)
    await store.outbox.park(first?.position ?? '', 'too large')
    t.same(await pendingIds(store), [
      [one.operatorId, 1],
      [one.operatorId, 2],
      [one.operatorId, 2],
    ])
    t.match(await store.outbox.backlog(), { depth: 3, parked: 1 })
  })

  t.test('the backlog tells the age of its oldest event', async (t) => {
    const store = await open(t)
    await createOperatorIn(store)
    const { depth, oldestAgeSeconds, parked } = await store.outbox.backlog()
    t.same([depth, parked], [BOTH, 0])
    t.ok(oldestAgeSeconds >= 0 && oldestAgeSeconds < 60, String(oldestAgeSeconds))
  })

  t.test('pruning drops old published events and nothing else', async (t) => {
    const store = await open(t)
    const one = await createOperatorIn(store)
    await updateOperatorIn(store, one.operatorId)
    const [first, second, third] = (await store.outbox.pending(10)).map(({ position }) => position)
    await store.outbox.markPublished([first ?? '', second ?? ''])
    await store.outbox.park(third ?? '', 'too large')
    t.equal(await store.outbox.prune(14), 0, 'they are young')
    t.equal(await store.outbox.prune(0), 2)
    t.equal(await store.outbox.prune(0), 0)
    t.same(await pendingIds(store), [[one.operatorId, 2]])
    t.match(await store.outbox.backlog(), { depth: 1, parked: 1 })
  })
}
