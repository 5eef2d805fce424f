import type { Test } from 'tap'
import { micros } from '../health/micros.ts'
import { type OperatorHealth, unreported } from '../health/operator-health.ts'
import { aHealth, aHealthTransition, aProvisionalOperator, newOperatorId } from './samples.ts'
import {
  createOperatorIn,
  deleteOperatorIn,
  type OpenStore,
  reportHealthIn,
  type StoreHarness,
  updateOperatorIn,
} from './store-harness.ts'

const nothing = { states: [], transitions: [] } as const
const healthEvents = async ({ outbox }: StoreHarness) =>
  (await outbox.pending(100)).filter(({ subject }) => subject === 'operator.health.v1')

export function healthRepositoryContract(t: Test, open: OpenStore): void {
  t.test('the work sees live operators alone, those without a report as unreported', async (t) => {
    const store = await open(t)
    const fresh = await createOperatorIn(store)
    const reported = await createOperatorIn(store)
    const deleted = await createOperatorIn(store)
    await deleteOperatorIn(store, deleted.operatorId)
    const draft = aProvisionalOperator()
    await store.operators.insertProvisional(draft, 60)
    const state = aHealth(reported.operatorId)
    await reportHealthIn(store, state)
    const ids = [reported, fresh, deleted, draft].map(({ operatorId }) => operatorId)
    await store.health.change([...ids, newOperatorId()], (known) => {
      t.same(
        known,
        new Map([
          [reported.operatorId, state],
          [fresh.operatorId, unreported(fresh.operatorId)],
        ]),
      )
      return nothing
    })
    t.same(await store.health.change([], (known) => ({ ...nothing, states: [...known.values()] })), nothing)
  })

  t.test('states, log and events are written together and come back as the answer', async (t) => {
    const store = await open(t)
    const { operatorId } = await createOperatorIn(store)
    const state = aHealth(operatorId, 1, {
      state: 'UNHEALTHY',
      bindState: 'UNBOUND',
      bindError: 'ESME_RBINDFAIL',
      errorRate: 0.5,
    })
    const change = { states: [state], transitions: [aHealthTransition(state, 'UNKNOWN')] }
    t.same(await store.health.change([operatorId], () => change), change)
    t.same((await store.health.find(operatorId))?.health, state)
    t.same(
      await store.transitions(),
      change.transitions.map(({ transition }) => transition),
    )
    t.match(
      await healthEvents(store),
      change.transitions.map(({ event }) => event),
    )
  })

  t.test('a backlog may bring thousands of operators and their transitions at once', async (t) => {
    const store = await open(t)
    const { operatorId } = await createOperatorIn(store)
    const state = aHealth(operatorId)
    const { transition, event } = aHealthTransition(state, 'UNKNOWN')
    const before = (await store.outbox.backlog()).depth
    const transitions = Array.from({ length: 15_000 }, (_, index) => ({
      transition: { ...transition, transition: index + 1 },
      event: { ...event, eventId: crypto.randomUUID() },
    }))
    await store.health.change([operatorId, ...transitions.map(newOperatorId)], () => ({ states: [state], transitions }))
    t.equal((await store.transitions()).length, transitions.length)
    t.equal((await store.outbox.backlog()).depth - before, transitions.length)
  })

  t.test('a state without a transition writes neither log nor event', async (t) => {
    const store = await open(t)
    const { operatorId } = await createOperatorIn(store)
    await reportHealthIn(store, aHealth(operatorId))
    t.same(await store.transitions(), [])
    t.same(await healthEvents(store), [])
  })

  t.test('when the work throws nothing is written', async (t) => {
    const store = await open(t)
    const { operatorId } = await createOperatorIn(store)
    const failure = new Error('a defect')
    const failing = store.health.change([operatorId], () => {
      throw failure
    })
    await t.rejects(failing, failure)
    t.same((await store.health.find(operatorId))?.health, unreported(operatorId))
    await t.resolves(reportHealthIn(store, aHealth(operatorId)), 'the locks are free')
  })

  t.test('every part of a state comes back exactly, times to the microsecond', async (t) => {
    const store = await open(t)
    const { operatorId } = await createOperatorIn(store)
    const base = Math.trunc(Date.now() / 1_000) * 1_000_000
    const state: OperatorHealth = {
      operatorId,
      state: 'DEGRADED',
      since: micros(base + 1),
      crossings: { aboveDegraded: micros(base + 999_999), aboveUnhealthy: null, recovered: micros(base + 123_457) },
      lastReceivedAt: micros(base + 654_321),
      lastStreamSequence: 9_007_199_254_740_991,
      lastSeenAt: micros(base - 1),
      errorRate: 0.1 + 0.2,
      bindState: 'BOUND',
      bindError: 'ESME_RTHROTTLED',
      transitions: 41,
    }
    await reportHealthIn(store, state)
    t.same((await store.health.find(operatorId))?.health, state)
    await store.health.change([operatorId], (known) => {
      t.same(known.get(operatorId), state)
      return nothing
    })
    await reportHealthIn(store, unreported(operatorId))
    t.same((await store.health.find(operatorId))?.health, unreported(operatorId), 'nulls too')
  })

  t.test('the age of a state is that of its last report', async (t) => {
    const store = await open(t)
    const { operatorId } = await createOperatorIn(store)
    t.equal((await store.health.find(operatorId))?.ageSeconds, null)
    await reportHealthIn(store, aHealth(operatorId, 120))
    const age = (await store.health.find(operatorId))?.ageSeconds ?? 0
    t.ok(age >= 119 && age < 180, String(age))
  })

  t.test('unknown, provisional and deleted operators have no state', async (t) => {
    const store = await open(t)
    const { operatorId } = await createOperatorIn(store)
    await reportHealthIn(store, aHealth(operatorId))
    await deleteOperatorIn(store, operatorId)
    const draft = aProvisionalOperator()
    await store.operators.insertProvisional(draft, 60)
    for (const id of [operatorId, draft.operatorId, newOperatorId()]) t.equal(await store.health.find(id), undefined)
    t.same(await store.health.fresh(600), [])
  })

  t.test('fresh gives the live operators that reported of late', async (t) => {
    const store = await open(t)
    const [young, old, silent] = [
      await createOperatorIn(store),
      await createOperatorIn(store),
      await createOperatorIn(store),
    ]
    const state = aHealth(young.operatorId, 1)
    await reportHealthIn(store, state)
    await reportHealthIn(store, aHealth(old.operatorId, 300))
    t.same(
      (await store.health.fresh(60)).map(({ health }) => health),
      [state],
    )
    const ids = (await store.health.fresh(900)).map(({ health }) => health.operatorId)
    t.same(ids.toSorted(), [young.operatorId, old.operatorId].toSorted())
    t.notOk(ids.includes(silent.operatorId))
  })

  t.test('silent are live ACTIVE operators that reported once, reporting are live ones that did of late', async (t) => {
    const store = await open(t)
    const anOperator = async (age: number | undefined, status: 'ACTIVE' | 'INACTIVE' = 'ACTIVE') => {
      const { operatorId } = await createOperatorIn(store)
      if (status === 'ACTIVE') await updateOperatorIn(store, operatorId, { status })
      if (age !== undefined) await reportHealthIn(store, aHealth(operatorId, age, { state: 'DEGRADED' }))
      return operatorId
    }
    const quiet = await anOperator(300)
    const older = await anOperator(900)
    const heard = await anOperator(1)
    const inactive = await anOperator(300, 'INACTIVE')
    const heardInactive = await anOperator(1, 'INACTIVE')
    const unseen = await anOperator(undefined)
    const deleted = [await anOperator(300), await anOperator(1)]
    for (const id of deleted) await deleteOperatorIn(store, id)

    const silent = new Map((await store.health.silent(60)).map((one) => [one.operatorId, one]))
    t.same([...silent.keys()].toSorted(), [quiet, older].toSorted())
    t.equal(silent.get(quiet)?.lastState, 'DEGRADED')
    const age = silent.get(quiet)?.ageSeconds ?? 0
    t.ok(age >= 299 && age < 360, String(age))
    t.same(
      (await store.health.silent(600)).map(({ operatorId }) => operatorId),
      [older],
    )
    const asked = [quiet, older, heard, inactive, heardInactive, unseen, ...deleted, newOperatorId()]
    t.same((await store.health.reporting(asked, 60)).toSorted(), [heard, heardInactive].toSorted())
    t.same(await store.health.reporting([], 60), [])
  })

  t.test('batches that touch the same operators in any order lose no write', async (t) => {
    const store = await open(t)
    const ids = [(await createOperatorIn(store)).operatorId, (await createOperatorIn(store)).operatorId]
    const batches = Array.from({ length: 10 }, (_, index) => (index % 2 === 0 ? ids : ids.toReversed()))
    await Promise.all(
      batches.map((batch) =>
        store.health.change(batch, (known) => ({
          states: [...known.values()].map((state) => ({ ...state, transitions: state.transitions + 1 })),
          transitions: [],
        })),
      ),
    )
    for (const id of ids) t.equal((await store.health.find(id))?.health.transitions, batches.length)
  })

  t.test('health never touches the configuration', async (t) => {
    const store = await open(t)
    const operator = await createOperatorIn(store)
    await reportHealthIn(store, aHealth(operator.operatorId, 0, { state: 'UNHEALTHY' }))
    t.same((await store.operators.find(operator.operatorId))?.operator, operator)
  })
}
