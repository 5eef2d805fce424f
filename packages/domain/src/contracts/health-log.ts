import type { Test } from 'tap'
import type { HealthLogQuery } from '../health/health-log.ts'
import { type Micros, micros } from '../health/micros.ts'
import type { HealthTransition } from '../health/operator-health.ts'
import type { OperatorId } from '../operator/operator-id.ts'
import { aHealth, aHealthTransition, newOperatorId } from './samples.ts'
import { createOperatorIn, deleteOperatorIn, type OpenStore, type StoreHarness } from './store-harness.ts'

/** Some seconds ago to the second, so that a time has microseconds of its own. */
const START = Math.trunc(Date.now() / 1_000 - 60) * 1_000_000
const at = (microseconds: number): Micros => micros(START + microseconds)
const dateAt = (milliseconds: number): Date => new Date(START / 1_000 + milliseconds)

/** Transitions of one operator, numbered from 1, at these microseconds. */
async function logIn(
  { health }: StoreHarness,
  operatorId: OperatorId,
  times: readonly number[],
): Promise<readonly HealthTransition[]> {
  const changes = times.map((time, index) => {
    const bad = index % 2 === 0
    const state = aHealth(operatorId, 0, {
      state: bad ? 'UNHEALTHY' : 'HEALTHY',
      bindState: bad ? 'UNBOUND' : 'BOUND',
      bindError: bad ? 'ESME_RBINDFAIL' : null,
      errorRate: 0.1 + index / 1_000,
      since: at(time),
      transitions: index + 1,
    })
    return { state, transition: aHealthTransition(state, bad ? 'HEALTHY' : 'UNHEALTHY') }
  })
  await health.change([operatorId], () => ({
    states: changes.slice(-1).map(({ state }) => state),
    transitions: changes.map(({ transition }) => transition),
  }))
  return changes.map(({ transition }) => transition.transition)
}

async function walk(t: Test, { healthLog }: StoreHarness, query: HealthLogQuery): Promise<readonly HealthTransition[]> {
  const seen: HealthTransition[] = []
  let { after } = query
  do {
    const page = await healthLog.list({ ...query, after })
    if (page.next !== null) t.equal(page.transitions.length, query.limit)
    seen.push(...page.transitions)
    after = page.next ?? undefined
  } while (after !== undefined && seen.length < 100)
  return seen
}

export function healthLogContract(t: Test, open: OpenStore): void {
  t.test('an operator without transitions has an empty log', async (t) => {
    const store = await open(t)
    const { operatorId } = await createOperatorIn(store)
    for (const id of [operatorId, newOperatorId()]) {
      t.same(await store.healthLog.list({ operatorId: id, limit: 10 }), { transitions: [], next: null })
    }
  })

  t.test('transitions of one operator come newest first, to the microsecond, also after its end', async (t) => {
    const store = await open(t)
    const [one, two] = [await createOperatorIn(store), await createOperatorIn(store)]
    const logged = await logIn(store, one.operatorId, [1, 2, 999_999, 1_000_000])
    await logIn(store, two.operatorId, [3])
    const expected = { transitions: logged.toReversed(), next: null }
    t.same(await store.healthLog.list({ operatorId: one.operatorId, limit: 4 }), expected)
    await deleteOperatorIn(store, one.operatorId)
    t.same(await store.healthLog.list({ operatorId: one.operatorId, limit: 10 }), expected)
  })

  t.test('pages walk everything exactly once, also where times are equal', async (t) => {
    const store = await open(t)
    const { operatorId } = await createOperatorIn(store)
    const logged = await logIn(store, operatorId, [1, 2, 2, 2, 2, 3, 3, 4, 5, 5, 5])
    for (const limit of [1, 2, 3, 10, 11, 12]) {
      t.same(await walk(t, store, { operatorId, limit }), logged.toReversed(), `by ${limit}`)
    }
  })

  t.test('from is in, until is not', async (t) => {
    const store = await open(t)
    const { operatorId } = await createOperatorIn(store)
    await logIn(store, operatorId, [999, 1_000, 1_001, 1_999, 2_000])
    const numbers = async (query: Pick<HealthLogQuery, 'from' | 'until'>) =>
      (await walk(t, store, { operatorId, limit: 2, ...query })).map(({ transition }) => transition)
    t.same(await numbers({ from: dateAt(1) }), [5, 4, 3, 2])
    t.same(await numbers({ until: dateAt(2) }), [4, 3, 2, 1])
    t.same(await numbers({ from: dateAt(1), until: dateAt(2) }), [4, 3, 2])
    t.same(await numbers({ from: dateAt(3) }), [])
  })
}
