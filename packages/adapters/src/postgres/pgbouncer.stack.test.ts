import { DevstackUnavailable, testStack } from '@oms/devstack'
import { type PgBouncer, type PgBouncerOptions, startPgBouncer } from '@oms/devstack/topologies'
import {
  credentialsCleanupContract,
  healthRepositoryContract,
  idempotencyKeysContract,
  leasesContract,
  operatorDirectoryContract,
  operatorRepositoryContract,
  outboxContract,
  routingRuleChangesContract,
  routingRulesContract,
} from '@oms/domain/contracts'
import { sql } from 'drizzle-orm'
import postgres from 'postgres'
import t, { type Test } from 'tap'
import { databaseOn } from '../../test/support/database.ts'
import { reusedStore, silent, storeOn } from '../../test/support/postgres-store.ts'
import { untilHolds } from '../../test/support/until.ts'
import { migrate, openPostgres, type PostgresOptions } from './index.ts'
import { createLeases } from './leases.ts'
import { leases } from './schema.ts'

const { postgres: server } = await testStack(t, ['postgres'])
const database = await databaseOn(t, server.url)
const logins = [server.url, database.url]

/** Fewer connections to PostgreSQL than a service opens, so that they do change hands. */
async function bouncer(t: Test, settings: PgBouncerOptions['settings'] = {}) {
  const started = await startPgBouncer({ server: server.url, logins, poolSize: 3, settings })
  t.teardown(() => started[Symbol.asyncDispose]())
  return started
}

type Line = Readonly<{ facts: object; message: string }>

function openWith(t: Test, options: Partial<PostgresOptions> & Pick<PostgresOptions, 'url'>) {
  const warnings: Line[] = []
  const warn = (facts: object | string, message = '') => void warnings.push({ facts: Object(facts), message })
  const log = { ...silent, warn }
  const opened = openPostgres({ pool: 10, prepare: false, applicationName: 'oms-pooled', log, ...options })
  t.teardown(() => opened[Symbol.asyncDispose]())
  const setting = async (name: string): Promise<unknown> => {
    const [row] = await opened.db.drizzle.execute(sql`select current_setting(${name}) as value`)
    return row?.value
  }
  return { ...opened, warnings, setting }
}

// Unlike the servers of every stack, it is needed here only: a machine that has no way to it has the rest tested.
const shared = await bouncer(t).catch((error: unknown) => {
  if (error instanceof DevstackUnavailable) return error.message
  throw error
})
if (typeof shared === 'string') t.plan(0, shared)
else throughPgBouncer(shared)

function throughPgBouncer(shared: PgBouncer): void {
  const behind = { url: shared.throughIt(database.url), directUrl: database.url, prepare: false }

  const open = reusedStore(t, () => storeOn(t, database, behind))
  operatorRepositoryContract(t, open)
  operatorDirectoryContract(t, open)
  outboxContract(t, open)
  credentialsCleanupContract(t, open)
  healthRepositoryContract(t, open)
  routingRuleChangesContract(t, open)
  routingRulesContract(t, open)
  idempotencyKeysContract(t, open)
  leasesContract(t, async () => {
    const { postgres, owner } = await open()
    return {
      leases: createLeases(postgres.db),
      expire: async (name) => {
        await owner`update ops.leases set expires_at = clock_timestamp() where name = ${name}`
      },
    }
  })

  t.test('a session keeps its name and its time zone, and has the time-outs of its role', async (t) => {
    const { owner } = await open()
    const name = new URL(database.url).pathname.slice(1)
    await owner.unsafe(`alter role oms_test_runtime in database ${name} set statement_timeout = 2500`)
    await owner.unsafe(`alter role oms_test_runtime in database ${name} set lock_timeout = 2000`)
    const own = await bouncer(t) // its connections begin after the change
    const { db, setting } = openWith(t, { ...behind, url: own.throughIt(database.url) })
    t.equal(await setting('application_name'), 'oms-pooled')
    t.equal(await setting('TimeZone'), 'UTC')
    t.equal(await setting('lock_timeout'), '2s')
    t.equal(await setting('search_path'), '"$user", public')
    const slow = db.run('select', () => db.drizzle.execute(sql`select pg_sleep(60)`))
    await t.rejects(slow, { code: 'DEPENDENCY_UNAVAILABLE' })
    await untilHolds('PostgreSQL itself has ended it', async () => {
      const running = await owner`select from pg_stat_activity where query like '%pg_sleep(60)%' and state = 'active'
      and datname = ${name} and pid <> pg_backend_pid()`
      return running.length === 0
    })
  })

  t.test('fifty transactions at once share three connections, and none sees what another set for itself', async (t) => {
    const { db } = openWith(t, { ...behind, pool: 20, deadlineMs: 20_000 })
    const seen = await Promise.all(
      Array.from({ length: 50 }, (_, n) =>
        db.drizzle.transaction(async (tx) => {
          const [before] = await tx.execute(sql`select current_setting('oms.mark', true) as mark`)
          await tx.execute(sql`select set_config('oms.mark', ${String(n)}, true)`)
          const [locked] = await tx.execute(sql`select pg_try_advisory_xact_lock(${n}::bigint) as held`)
          const [after] = await tx.execute(sql`select current_setting('oms.mark') as mark`)
          return { before: before?.mark || null, held: locked?.held, after: after?.mark }
        }),
      ),
    )
    t.same(
      seen,
      Array.from({ length: 50 }, (_, n) => ({ before: null, held: true, after: String(n) })),
    )
  })

  t.test('notifications come by the direct URL while statements go through the pooler', async (t) => {
    const { db, listen, warnings } = openWith(t, behind)
    let heard = 0
    const listener = listen('oms_pooled', () => {
      heard += 1
    })
    t.teardown(() => listener[Symbol.asyncDispose]())
    await untilHolds('it listens', () => heard === 1)
    await db.drizzle.execute(sql`select pg_notify('oms_pooled', '')`)
    await untilHolds('the notification came', () => heard === 2)
    t.same(warnings, [])
  })

  t.test('without a direct URL a pooler refuses the service, and the log says over what', async (t) => {
    const { db, listen, ping, warnings } = openWith(t, { url: behind.url })
    const away = { code: 'DEPENDENCY_UNAVAILABLE', cause: { message: /unsupported startup parameter/ } }
    await t.rejects(ping(AbortSignal.timeout(20_000)), away)
    await t.rejects(
      db.run('select', () => db.drizzle.execute(sql`select 1`)),
      away,
    )
    const listener = listen('oms_pooled', () => {})
    t.teardown(() => listener[Symbol.asyncDispose]())
    await untilHolds('the log says so', () =>
      warnings.some(({ facts }) => 'err' in facts && /unsupported startup parameter/.test(String(facts.err))),
    )
  })

  t.test('where the pooler was told to let that pass, the log says what is missing', async (t) => {
    const lenient = await bouncer(t, {
      ignore_startup_parameters: 'statement_timeout,lock_timeout,idle_in_transaction_session_timeout',
    })
    const { db, listen, warnings } = openWith(t, { url: lenient.throughIt(database.url) })
    await db.drizzle.execute(sql`select 1`)
    const listener = listen('oms_pooled', () => {})
    t.teardown(() => listener[Symbol.asyncDispose]())
    await untilHolds('the log says so', () => warnings.some(({ message }) => message.includes('DATABASE_DIRECT_URL')))
  })

  t.test('without DATABASE_PREPARE no statement is kept on a connection that others are given', async (t) => {
    const own = await bouncer(t)
    const { db } = openWith(t, { ...behind, url: own.throughIt(database.url) })
    // As repositories ask their hot questions, which other clients keep.
    const held = db.drizzle.select({ name: leases.name }).from(leases).prepare('held')
    await Promise.all(Array.from({ length: 60 }, () => held.execute()))
    const kept = await Promise.all(
      Array.from({ length: 10 }, () =>
        db.drizzle.execute(sql`select count(*)::int as kept from pg_prepared_statements`),
      ),
    )
    t.same(
      kept.map((rows) => rows[0]?.kept),
      Array(10).fill(0),
    )
  })

  t.test('migrations run through the pooler, by several at once', async (t) => {
    const other = await databaseOn(t, server.url)
    const owner = postgres(other.ownerUrl, { max: 1, onnotice: () => {} })
    await owner`drop schema ops cascade`
    await owner.end()
    const run = () => migrate({ url: shared.throughIt(other.ownerUrl), log: () => {} })
    const applied = await Promise.all([run(), run()])
    t.ok(Math.max(...applied) > 0)
    t.equal(await run(), 0)
  })

  t.test('a pooler that was killed is missed and found again', async (t) => {
    const own = await bouncer(t)
    const { ping } = openWith(t, { ...behind, url: own.throughIt(database.url) })
    const answers = () =>
      ping(AbortSignal.timeout(20_000)).then(
        () => true,
        () => false,
      )
    t.equal(await answers(), true)
    await own.pooler.kill()
    t.equal(await answers(), false)
    await own.pooler.start()
    await untilHolds('it answers again', answers)
  })
}
