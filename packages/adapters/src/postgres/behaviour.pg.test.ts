import { revised } from '@oms/domain'
import {
  aHealth,
  aHealthTransition,
  aProvisionalOperator,
  aRecordedChange,
  createOperatorIn,
  deleteOperatorIn,
  updateOperatorIn,
} from '@oms/domain/contracts'
import t from 'tap'
import { migratedDatabase } from '../../test/support/database.ts'
import { type PostgresStore, postgresStore, reusedStore, storeOn } from '../../test/support/postgres-store.ts'
import { until } from '../../test/support/until.ts'
import { createHealthRepository } from './health-repository.ts'
import { createLeases } from './leases.ts'
import { createPartitions } from './partitions.ts'
import { createShownHealth } from './shown-health.ts'

const open = reusedStore(t)

t.test('of fifty creates of one endpoint at once one succeeds and forty-nine are told why', async (t) => {
  const { operators, owner, errors } = await open()
  const { host, port, systemId } = aProvisionalOperator()
  const outcomes = await Promise.allSettled(
    Array.from({ length: 50 }, () => operators.insertProvisional(aProvisionalOperator({ host, port, systemId }), 60)),
  )
  t.equal(outcomes.filter(({ status }) => status === 'fulfilled').length, 1)
  const reasons = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason.code] : []))
  t.same(new Set(reasons), new Set(['DUPLICATE_OPERATOR']))
  t.equal((await owner`select from ops.operators`).length, 1)
  t.equal((await owner`select from ops.credential_cleanup`).length, 1)
  t.same(errors, [], 'a conflict is no failure of the database')
})

t.test('fifty creates of different endpoints and claims at once all succeed', async (t) => {
  const { operators } = await open()
  const create = (_: unknown, index: number) => {
    const claim = index % 2 === 0 ? { subject: 'amina', key: `key-${index}`, fingerprint: 'f' } : undefined
    return operators.insertProvisional(aProvisionalOperator(), 60, claim)
  }
  await t.resolves(Promise.all(Array.from({ length: 50 }, create)))
})

t.test('each change of an operator is later than the one before, even after the clock was set back', async (t) => {
  const store = await open()
  const { operatorId } = await createOperatorIn(store)
  await store.owner`update ops.operators set updated_at = now() + interval '1 hour'`
  const [before] = await store.owner<{ at: number }[]>`
    select (extract(epoch from updated_at) * 1000)::float8 as at from ops.operators`
  const times = [await updateOperatorIn(store, operatorId), await updateOperatorIn(store, operatorId)]
  t.same(
    times.map(({ updatedAt }) => updatedAt.getTime() - Math.floor(before?.at ?? 0)),
    [1, 2],
  )
})

t.test('of fifty creates with one claim at once one succeeds and none waits for it', async (t) => {
  const { operators, owner, errors } = await open()
  const before = errors.length
  const claim = { subject: 'amina', key: 'once', fingerprint: 'f' }
  const outcomes = await Promise.allSettled(
    Array.from({ length: 50 }, () => operators.insertProvisional(aProvisionalOperator(), 60, claim)),
  )
  t.equal(outcomes.filter(({ status }) => status === 'fulfilled').length, 1)
  const reasons = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason.name] : []))
  t.same(new Set(reasons), new Set(['IdempotencyKeyTaken']))
  t.same(errors.slice(before), [])
  t.equal((await owner`select from ops.operators`).length, 1)
})

/** Makes every INSERT of an operator fail with `state` until `failures` of them have. */
async function failInserts({ owner }: PostgresStore, state: string, failures: number): Promise<void> {
  await owner.unsafe(`
    create sequence ops.failing; grant usage on sequence ops.failing to public;
    create function ops.fail() returns trigger language plpgsql as $$ begin
      if nextval('ops.failing') <= ${failures} then raise exception 'staged' using errcode = '${state}'; end if;
      return new; end $$;
    create trigger fail before insert on ops.operators for each row execute function ops.fail()`)
}

for (const state of ['40001', '40P01']) {
  t.test(`a create that loses with ${state} is tried again`, async (t) => {
    const store = await postgresStore(t)
    await failInserts(store, state, 3)
    await t.resolves(store.operators.insertProvisional(aProvisionalOperator(), 60))
    t.equal((await store.owner`select last_value::integer as n from ops.failing`)[0]?.n, 4)
  })
}

t.test('a create that loses for 5 s gives up as unavailable', async (t) => {
  const store = await postgresStore(t)
  await failInserts(store, '40001', 1_000_000)
  const refused = store.operators.insertProvisional(aProvisionalOperator(), 60)
  await t.rejects(refused, { code: 'DEPENDENCY_UNAVAILABLE', retryAfter: 1 })
  t.same(store.errors, ['insert'])
})

t.test('a change that loses is not tried again: Vault may have been written', async (t) => {
  const { operators, owner, ...store } = await open()
  const { operatorId } = await createOperatorIn({ operators })
  let runs = 0
  const lost = operators.change(operatorId, { acrossVault: true }, async ({ operator, at, record }) => {
    runs += 1
    // Locked elsewhere the other way round would do the same: a deadlock, staged.
    await owner.unsafe(`create function ops.lose() returns trigger language plpgsql as
      $$ begin raise exception 'staged' using errcode = '40P01'; end $$;
      create trigger lose before insert on ops.outbox for each row execute function ops.lose()`)
    const next = revised(operator, {}, { actor: 'zahra', at })
    await record(next, aRecordedChange('operator.config.updated.v1', next))
  })
  await t.rejects(lost, { code: 'DEPENDENCY_UNAVAILABLE' })
  await owner.unsafe('drop trigger lose on ops.outbox; drop function ops.lose')
  t.equal(runs, 1)
  t.equal((await store.audit()).length, 1, 'and nothing of it stands')
})

t.test("an error that is nobody else's tells neither the statement nor its parameters", async (t) => {
  const { operators, errors } = await open()
  const before = errors.length
  const refused = operators.insertProvisional(aProvisionalOperator({ createdBy: 'planted\u0000canary' }), 60)
  const error: unknown = await refused.catch((reason: unknown) => reason)
  t.match(error, { name: 'DatabaseError', code: '22021' })
  t.notMatch(JSON.stringify(error, Object.getOwnPropertyNames(error)), /canary|insert into/i)
  t.same(errors.slice(before), ['insert'])
})

t.test('half of the pool may wait for Vault; the next change is refused at once, others go on', async (t) => {
  const store = await postgresStore(t, { pool: 4 })
  const made = []
  for (let count = 0; count < 4; count += 1) made.push(await createOperatorIn(store))
  const [one, two, three, four] = made.map(({ operatorId }) => operatorId)
  if (!one || !two || !three || !four) throw new Error('unreachable')
  const vault = Promise.withResolvers<void>()
  const entered = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  const waiting = [one, two].map((operatorId, index) =>
    store.operators.change(operatorId, { acrossVault: true }, () => {
      entered[index]?.resolve()
      return vault.promise
    }),
  )
  await Promise.all(entered.map(({ promise }) => promise))
  const refused = store.operators.change(three, { acrossVault: true }, async () => t.fail('ran'))
  await t.rejects(refused, { code: 'SERVICE_OVERLOADED', retryAfter: 1 })
  t.equal((await updateOperatorIn(store, four)).version, 2)
  vault.resolve()
  await Promise.all(waiting)
  await t.resolves(store.operators.change(three, { acrossVault: true }, async () => {}))
})

t.test('a row lock that another holds for long is waited for in vain, not for ever', async (t) => {
  const store = await open()
  const { operatorId } = await createOperatorIn(store)
  await store.owner.begin(async (tx) => {
    await tx`select from ops.operators where operator_id = ${operatorId} for update`
    await t.rejects(updateOperatorIn(store, operatorId), { code: 'SERVICE_OVERLOADED', retryAfter: 1 })
    t.ok(await store.operators.find(operatorId), 'readers go on')
  })
  t.equal((await updateOperatorIn(store, operatorId)).version, 2)
})

t.test('the health of all is that of live operators, as reads show it', async (t) => {
  const store = await open()
  const good = await createOperatorIn(store)
  const stale = await createOperatorIn(store)
  const unseen = await createOperatorIn(store)
  const gone = await createOperatorIn(store)
  for (const [{ operatorId }, age] of [
    [good, 1],
    [stale, 300],
    [gone, 1],
  ] as const) {
    const state = aHealth(operatorId, age, { state: 'DEGRADED' })
    await store.health.change([operatorId], () => ({ states: [state], transitions: [] }))
  }
  await deleteOperatorIn(store, gone.operatorId)
  await store.operators.insertProvisional(aProvisionalOperator(), 60)
  const shown = await createShownHealth(store.postgres.db)()
  t.same(
    new Map(shown.map(({ operatorId, state }) => [operatorId, state])),
    new Map([
      [good.operatorId, 'DEGRADED'],
      [stale.operatorId, 'UNKNOWN'],
      [unseen.operatorId, 'UNKNOWN'],
    ]),
  )
})

t.test('every commit with an event wakes who listens, and so does the return of the connection', async (t) => {
  const store = await open()
  let woken = 0
  await using _listener = store.postgres.listen('ops_outbox', () => {
    woken += 1
  })
  await until(() => woken === 1)
  const { operatorId } = await createOperatorIn(store)
  await until(() => woken === 2)
  const { state } = { state: aHealth(operatorId) }
  await store.health.change([operatorId], () => ({
    states: [state],
    transitions: [aHealthTransition(state, 'UNKNOWN')],
  }))
  await until(() => woken === 3)
  const ended = await store.owner`select pg_terminate_backend(pid) from pg_stat_activity
    where datname = current_database() and application_name = 'oms-test'
    and (query ilike 'listen%' or query in ('select pg_backend_pid() as pid', 'select 1'))`
  t.ok(ended.length >= 1)
  await until(() => woken >= 4)
  const before = woken
  await updateOperatorIn(store, operatorId)
  await until(() => woken > before)
})

t.test('a transition whose month has no partition is written after the month was made, and reported', async (t) => {
  const store = await postgresStore(t)
  const { operatorId } = await createOperatorIn(store)
  const tables = await store.owner`select inhrelid::regclass::text as name from pg_inherits
    where inhparent = 'ops.operator_health_log'::regclass`
  await store.owner.unsafe(`drop table ${tables.map(({ name }) => name).join(', ')}`)
  const partitions = createPartitions(store.postgres.db)
  t.equal(await partitions.monthsAhead(), -1)
  let missed = 0
  const health = createHealthRepository(store.postgres.db, {
    onMissingPartition: () => {
      missed += 1
    },
  })
  const state = aHealth(operatorId)
  const change = { states: [state], transitions: [aHealthTransition(state, 'UNKNOWN')] }
  t.same(await health.change([operatorId], () => change), change)
  t.equal(missed, 1)
  t.equal((await store.transitions()).length, 1)
  t.equal(await partitions.monthsAhead(), 3)
  await t.resolves(partitions.ensure())
})

t.test('the hot paths read no table from end to end', async (t) => {
  const database = await migratedDatabase(t)
  const filling = await storeOn(t, database)
  await filling.owner.unsafe(`
    insert into ops.operators (operator_id, provisioning, name, host, port, system_id, bind_type, max_tps,
        credentials_version, version, created_at, created_by, updated_at, updated_by)
      select 'op-' || n, 'READY', 'Operator ' || n, 'h' || n, 2775, 's', 'TRANSCEIVER', 1, 1, 1, now(), 'x', now(), 'x'
      from generate_series(1, 5000) n;
    insert into ops.operator_health (operator_id, last_received_at)
      select operator_id, now() - interval '1 day' from ops.operators;
    insert into ops.credential_cleanup (operator_id, reason, due_at)
      select operator_id, 'deleted', now() + interval '1 day' from ops.operators;
    insert into ops.outbox (event_id, operator_id, subject, payload, published_at)
      select gen_random_uuid(), operator_id, 'operator.config.created.v1', '{}', now()
      from ops.operators, generate_series(1, 12);
    insert into ops.outbox (event_id, operator_id, subject, payload)
      select gen_random_uuid(), operator_id, 'operator.config.created.v1', '{}' from ops.operators limit 300;
    insert into ops.routing_rules (rule_id, operator_id, prefix, cost_per_segment, currency, created_at, created_by,
        updated_at, updated_by)
      select gen_random_uuid(), operator_id, '+93', 1, 'USD', now(), 'x', now(), 'x' from ops.operators;
    insert into ops.leases select 'lease-' || n, 'x', now() from generate_series(1, 2000) n;
    analyze`)
  const scans = async () =>
    Object.fromEntries(
      (await filling.owner`select relname, seq_scan::integer from pg_stat_user_tables where schemaname = 'ops'`).map(
        ({ relname, seq_scan }) => [relname, seq_scan],
      ),
    )
  // What has been read is told for certain when a connection ends.
  await filling.owner`select pg_stat_force_next_flush()`
  const before = await scans()
  await (async () => {
    const ends: (() => PromiseLike<void>)[] = []
    const store = await storeOn({ teardown: (end) => void ends.push(end) }, database)
    const { operatorId, ...operator } = await createOperatorIn(store)
    await store.operators.find(operatorId)
    await store.operators.holders(operator)
    await updateOperatorIn(store, operatorId)
    await store.operators.wasCommitted(operatorId, crypto.randomUUID())
    await store.directory.find(operatorId)
    const state = aHealth(operatorId)
    await store.health.change([operatorId], () => ({
      states: [state],
      transitions: [aHealthTransition(state, 'UNKNOWN')],
    }))
    await store.health.find(operatorId)
    const pending = await store.outbox.pending(256)
    await store.outbox.markPublished(pending.map(({ position }) => position))
    await store.outbox.prune(14)
    await store.cleanup.processNext(600, async () => {})
    await createLeases(store.postgres.db).hold('relay', 'me')
    for (const end of ends) await end()
  })()
  await until(
    async () =>
      (
        await filling.owner`select from pg_stat_activity where application_name = 'oms-test'
    and datname = current_database()`
      ).length === 0,
  )
  t.same(await scans(), before)
})

t.test('snapshots take half of the pool at most, and a reader who leaves gives his half back', async (t) => {
  const { directory, operators } = await postgresStore(t, { pool: 4 })
  await createOperatorIn({ operators })
  const readers = [1, 2].map(() => directory.stream()[Symbol.asyncIterator]())
  for (const reader of readers) t.equal((await reader.next()).done, false)
  await t.rejects(directory.stream()[Symbol.asyncIterator]().next(), { code: 'SERVICE_OVERLOADED', retryAfter: 2 })
  t.same((await operators.holders(aProvisionalOperator())).length, 0, 'others still get connections')
  await readers[0]?.return?.()
  const next = directory.stream()[Symbol.asyncIterator]()
  t.equal((await next.next()).done, false)
  for (const reader of [next, readers[1]]) await reader?.return?.()
})
