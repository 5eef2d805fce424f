import { CommitOutcomeUnknown, type OutboxEvent, revised } from '@oms/domain'
import { aProvisionalOperator, aRecordedChange, createOperatorIn, updateOperatorIn } from '@oms/domain/contracts'
import t from 'tap'
import { migratedDatabase } from '../../test/support/database.ts'
import { type PostgresStore, postgresStore, storeOn } from '../../test/support/postgres-store.ts'
import { tcpProxy } from '../../test/support/tcp-proxy.ts'
import { until } from '../../test/support/until.ts'

type Test = Readonly<{ teardown(end: () => PromiseLike<void>): void }>

async function cuttable(
  t: Test,
): Promise<Readonly<{ store: PostgresStore; proxy: Awaited<ReturnType<typeof tcpProxy>> }>> {
  const database = await migratedDatabase(t)
  const url = new URL(database.url)
  const proxy = await tcpProxy(t, { host: url.hostname, port: Number(url.port) })
  url.port = String(proxy.port)
  // Unprepared, so that every COMMIT crosses the wire by its name.
  return { store: await storeOn(t, { ...database, url: url.href }, { prepare: false }), proxy }
}

for (const [when, stands] of [
  ['before', false],
  ['after', true],
] as const) {
  t.test(
    `a connection that dies ${when} COMMIT arrived leaves an unknown outcome, which can be asked for`,
    async (t) => {
      const { store, proxy } = await cuttable(t)
      const draft = aProvisionalOperator()
      const createdAt = await store.operators.insertProvisional(draft, 60)
      const operator = {
        ...draft,
        credentialsVersion: 1,
        version: 1,
        createdAt,
        updatedAt: createdAt,
        updatedBy: 'amina',
        deletedAt: null,
      }
      const created = aRecordedChange('operator.config.created.v1', operator)
      proxy.cutAt('commit', when)
      await t.rejects(store.operators.complete(operator, created), CommitOutcomeUnknown)
      proxy.cutAt('nothing of the kind', 'before')
      t.equal(await store.operators.wasCommitted(draft.operatorId, created.event.eventId), stands)
      t.equal((await store.operators.find(draft.operatorId)) !== undefined, stands)

      const target = stands ? operator : await createOperatorIn(store)
      let event: OutboxEvent | undefined
      const change = async () =>
        store.operators.change(target.operatorId, { acrossVault: false }, async ({ operator, at, record }) => {
          const next = revised(operator, {}, { actor: 'zahra', at })
          const recorded = aRecordedChange('operator.config.updated.v1', next)
          event = recorded.event
          await record(next, recorded)
        })
      proxy.cutAt('commit', when)
      await t.rejects(change(), CommitOutcomeUnknown)
      proxy.cutAt('nothing of the kind', 'before')
      t.equal(await store.operators.wasCommitted(target.operatorId, event?.eventId ?? ''), stands)

      proxy.cutAt('commit', when)
      t.equal(await store.operators.change(target.operatorId, { acrossVault: false }, async () => 7), 7, 'of nothing')
      proxy.cutAt('commit', when)
      const claim = { subject: 'amina', key: 'once', fingerprint: 'f' }
      const claiming = store.operators.change(target.operatorId, { acrossVault: false, claim }, async () => 7)
      await t.rejects(claiming, CommitOutcomeUnknown, 'a claim is something')
      proxy.cutAt('commit', when)
      const ruling = store.operators.change(target.operatorId, { acrossVault: false }, ({ rules }) =>
        rules.remove(crypto.randomUUID()),
      )
      await t.rejects(ruling, CommitOutcomeUnknown, 'and so is what a change does to rules')
      proxy.cutAt('commit', when)
      await t.rejects(store.operators.insertProvisional(aProvisionalOperator(), 60), CommitOutcomeUnknown)
    },
  )
}

t.test('what keeps an outcome from being read for a moment does not decide it', async (t) => {
  const { store, proxy } = await cuttable(t)
  const { operatorId } = await createOperatorIn(store)
  const [created] = await store.outbox.pending(1)
  proxy.cutAt('for no key update', 'before')
  const asked = store.operators.wasCommitted(operatorId, created?.eventId ?? '')
  setTimeout(() => proxy.cutAt('nothing of the kind', 'before'), 300)
  t.equal(await asked, true)
})

t.test(
  'a connection that is lost while the work waits for Vault ends the change, and nothing runs outside it',
  async (t) => {
    const store = await postgresStore(t, { pool: 2 })
    const { operatorId } = await createOperatorIn(store)
    const kill = () => store.owner`select pg_terminate_backend(pid) from pg_stat_activity
    where datname = current_database() and application_name = 'oms-test' and state = 'idle in transaction'`
    for (const swallow of [false, true]) {
      const lost = store.operators.change(operatorId, { acrossVault: true }, async ({ operator, at, record }) => {
        t.equal((await kill()).length, 1)
        // The driver opens its connection again for whoever asks: the transaction's statements must not run there.
        for (let asked = 0; asked < 4; asked += 1) await store.operators.find(operatorId).catch(() => {})
        const next = revised(operator, {}, { actor: 'zahra', at })
        const recording = record(next, aRecordedChange('operator.config.updated.v1', next))
        await (swallow ? recording.catch(() => {}) : recording)
      })
      await t.rejects(lost, { code: 'DEPENDENCY_UNAVAILABLE' })
      t.equal((await store.operators.find(operatorId))?.operator.version, 1)
      t.equal((await store.audit()).length, 1)
    }
    t.equal((await updateOperatorIn(store, operatorId)).version, 2)
  },
)

t.test(
  'when the network swallows everything callers are refused in time, and served soon after it is back',
  async (t) => {
    const { store, proxy } = await cuttable(t)
    const { operatorId } = await createOperatorIn(store)
    proxy.swallow(true)
    const asked = performance.now()
    const outcomes = await Promise.allSettled(Array.from({ length: 25 }, () => store.operators.find(operatorId)))
    for (const outcome of outcomes) t.match(outcome, { status: 'rejected', reason: { code: 'DEPENDENCY_UNAVAILABLE' } })
    t.ok(performance.now() - asked < 15_000, 'the wait for a connection counts')
    await t.rejects(store.postgres.ping(AbortSignal.timeout(10_000)), { code: 'DEPENDENCY_UNAVAILABLE' })
    proxy.swallow(false)
    // The old connections never answer again: what they lost is lost.
    await until(async () => (await store.operators.find(operatorId).catch(() => undefined)) !== undefined)
    await until(() =>
      store.postgres.ping(AbortSignal.timeout(10_000)).then(
        () => true,
        () => false,
      ),
    )
  },
)

t.test('ping answers while every connection of the pool is taken, and gives up with its signal', async (t) => {
  const store = await postgresStore(t, { pool: 1 })
  const { operatorId } = await createOperatorIn(store)
  const release = Promise.withResolvers<void>()
  const entered = Promise.withResolvers<void>()
  const holding = store.operators.change(operatorId, { acrossVault: true }, () => {
    entered.resolve()
    return release.promise
  })
  await entered.promise
  await t.resolves(store.postgres.ping(AbortSignal.timeout(30_000)))
  await t.rejects(store.postgres.ping(AbortSignal.abort()), { code: 'DEPENDENCY_UNAVAILABLE' })
  await t.rejects(store.operators.find(operatorId), { code: 'DEPENDENCY_UNAVAILABLE' }, 'no connection is free')
  release.resolve()
  await holding
  t.ok(await store.operators.find(operatorId))
})
