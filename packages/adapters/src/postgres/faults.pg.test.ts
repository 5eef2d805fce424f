import { startDevstack } from '@oms/devstack'
import { createOperatorIn, updateOperatorIn } from '@oms/domain/contracts'
import t from 'tap'
import { databaseOn } from '../../test/support/database.ts'
import { storeOn } from '../../test/support/postgres-store.ts'
import { until } from '../../test/support/until.ts'

/** A server of this file's own, to be frozen and stopped. */
const stack = await startDevstack({ services: ['postgres'] })
t.teardown(() => stack[Symbol.asyncDispose]())
const server = stack.postgres

const isUnavailable = { status: 'rejected', reason: { code: 'DEPENDENCY_UNAVAILABLE' } } as const
/** Its turn may never have come, each before it having waited for the server. */
const isRefused = { status: 'rejected', reason: { code: /^(DEPENDENCY_UNAVAILABLE|SERVICE_OVERLOADED)$/ } } as const
const works = (work: () => Promise<unknown>) => () =>
  work().then(
    () => true,
    () => false,
  )

t.test('a frozen server refuses callers in time, and serves them again by itself', async (t) => {
  const store = await storeOn(t, await databaseOn(t, server.url))
  const { operatorId } = await createOperatorIn(store)
  await Promise.all(Array.from({ length: 10 }, () => store.operators.find(operatorId)))
  const held = Promise.withResolvers<void>()
  const entered = Promise.withResolvers<void>()
  const changing = store.operators.change(operatorId, { acrossVault: true }, async ({ operator, save }) => {
    entered.resolve()
    await held.promise
    await save(operator)
  })
  await entered.promise
  await server.pause()
  const asked = performance.now()
  held.resolve()
  const [outcomes, updates] = await Promise.all([
    Promise.allSettled([
      changing,
      store.postgres.ping(AbortSignal.timeout(60_000)),
      ...Array.from({ length: 30 }, () => store.operators.find(operatorId)),
    ]),
    Promise.allSettled(Array.from({ length: 5 }, () => updateOperatorIn(store, operatorId))),
  ])
  const took = performance.now() - asked
  await server.resume()
  for (const outcome of outcomes) t.match(outcome, isUnavailable)
  for (const outcome of updates) t.match(outcome, isRefused)
  t.ok(took < 20_000, `${Math.round(took)} ms`)
  await until(works(() => store.postgres.ping(AbortSignal.timeout(10_000))))
  await until(works(() => updateOperatorIn(store, operatorId)))
  const told = (await store.outbox.pending(100)).map(({ payload }) => payload.version)
  const current = (await store.operators.find(operatorId))?.operator.version ?? 0
  t.same(
    told,
    Array.from({ length: current }, (_, index) => [index + 1, index + 1]).flat(),
    'what was refused left nothing half done',
  )
})

for (const end of ['stop', 'kill'] as const) {
  t.test(`after a ${end} and a start everything works again by itself, LISTEN too`, async (t) => {
    const store = await storeOn(t, await databaseOn(t, server.url))
    const { operatorId } = await createOperatorIn(store)
    let woken = 0
    await using _listener = store.postgres.listen('ops_outbox', () => {
      woken += 1
    })
    await until(() => woken === 1)
    // A server for tests may lose its last commits when it is killed; this test is not about that.
    await store.owner`checkpoint`
    const entered = Promise.withResolvers<void>()
    const gone = Promise.withResolvers<void>()
    const changing = store.operators.change(operatorId, { acrossVault: true }, async ({ operator, save }) => {
      entered.resolve()
      await gone.promise
      await save(operator)
    })
    await entered.promise
    await server[end]()
    gone.resolve()
    const outcomes = await Promise.allSettled([
      changing,
      store.postgres.ping(AbortSignal.timeout(60_000)),
      ...Array.from({ length: 20 }, () => store.operators.find(operatorId)),
    ])
    for (const outcome of outcomes) t.match(outcome, isUnavailable)
    await server.start()
    await until(works(() => store.operators.find(operatorId)))
    t.equal((await updateOperatorIn(store, operatorId)).version, 2)
    await until(() => woken >= 2)
    const before = woken
    await updateOperatorIn(store, operatorId)
    await until(() => woken > before)
    await t.resolves(store.postgres.ping(AbortSignal.timeout(30_000)))
  })
}
