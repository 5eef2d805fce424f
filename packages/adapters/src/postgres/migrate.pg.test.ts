import postgres from 'postgres'
import t from 'tap'
import { emptyDatabase, migratedDatabase } from '../../test/support/database.ts'
import { type Migration, migrate, readMigrations } from './migrate.ts'

type Test = Readonly<{ teardown(end: () => PromiseLike<void>): void }>

function connected(t: Test, url: string): postgres.Sql {
  const sql = postgres(url, { max: 1, fetch_types: false, onnotice: () => {}, connection: { TimeZone: 'UTC' } })
  t.teardown(() => sql.end({ timeout: 1 }))
  return sql
}

const quiet = { log: () => {} }
const aMigration = (text: string, version = 1): Migration => ({ version, name: 'sample', text, checksum: text })

t.test('five migrators that start at once apply each migration once, and a later one nothing', async (t) => {
  const { ownerUrl } = await emptyDatabase(t)
  const migrations = await readMigrations()
  const applied = await Promise.all(Array.from({ length: 5 }, () => migrate({ url: ownerUrl, ...quiet })))
  t.equal(
    applied.reduce((sum, count) => sum + count),
    migrations.length,
  )
  const sql = connected(t, ownerUrl)
  const journal = await sql`select version, name, checksum from ops.schema_migrations order by version`
  t.same(
    journal.map((row) => ({ ...row })),
    migrations.map(({ version, name, checksum }) => ({ version, name, checksum })),
  )
  const lines: string[] = []
  t.equal(await migrate({ url: ownerUrl, log: (line) => lines.push(line) }), 0)
  t.same(lines, ['the database is up to date'])
})

t.test('a migration that fails leaves nothing of itself, and what came before stays', async (t) => {
  const { ownerUrl } = await emptyDatabase(t)
  const good = aMigration('create table ops.kept (id integer)')
  const bad = aMigration('create table ops.lost (id integer); select 1 / 0', 2)
  await t.rejects(migrate({ url: ownerUrl, migrations: [good, bad], ...quiet }), { code: '22012' })
  const sql = connected(t, ownerUrl)
  const [found] =
    await sql`select to_regclass('ops.kept') is not null as kept, to_regclass('ops.lost') is not null as lost`
  t.same({ ...found }, { kept: true, lost: false })
})

t.test('a migration that was changed after it had been applied is refused by name', async (t) => {
  const { ownerUrl } = await emptyDatabase(t)
  await migrate({ url: ownerUrl, migrations: [aMigration('select 1')], ...quiet })
  const changed = migrate({ url: ownerUrl, migrations: [aMigration('select 2')], ...quiet })
  await t.rejects(changed, { message: /0001_sample was changed after it had been applied/ })
})

t.test('a server that is not there is an error with its code', async (t) => {
  await t.rejects(migrate({ url: 'postgres://nobody@127.0.0.1:1/none', ...quiet }), { code: 'ECONNREFUSED' })
})

t.test('an owner that may not create roles is told what an administrator must do', async (t) => {
  const { ownerUrl } = await emptyDatabase(t)
  const sql = connected(t, ownerUrl)
  const role = `oms_plain_${crypto.randomUUID().replaceAll('-', '')}`
  const name = new URL(ownerUrl).pathname.slice(1)
  await sql.unsafe(`create role ${role} login password 'plain'; alter database ${name} owner to ${role}`)
  t.teardown(async () => {
    await sql.unsafe(`alter database ${name} owner to current_user; drop owned by ${role} cascade; drop role ${role}`)
  })
  const url = new URL(ownerUrl)
  url.username = role
  url.password = 'plain'
  // The role exists on this server: the same block under a name that does not.
  const [first] = await readMigrations()
  const text = (first?.text ?? '').replaceAll('ops_runtime', `ops_${role}`)
  const refused = migrate({ url: url.href, migrations: [aMigration(text)], ...quiet })
  await t.rejects(refused, { code: '42501', message: new RegExp(`role ops_${role} is missing and ${role} may not`) })
  await t.resolves(migrate({ url: url.href, ...quiet }), 'a database owner without superuser can do all the rest')
})

t.test('an owner that may not install extensions is told what an administrator must do', async (t) => {
  const { ownerUrl } = await emptyDatabase(t)
  const sql = connected(t, ownerUrl)
  const role = `oms_plain_${crypto.randomUUID().replaceAll('-', '')}`
  await sql.unsafe(`create role ${role} login password 'plain'; create schema ops authorization ${role}`)
  t.teardown(async () => {
    await sql.unsafe(`drop owned by ${role} cascade; drop role ${role}`)
  })
  const url = new URL(ownerUrl)
  url.username = role
  url.password = 'plain'
  const text = (await readMigrations()).find(({ name }) => name === 'btree_gist')?.text ?? ''
  const hint = 'Have an administrator run: CREATE EXTENSION btree_gist SCHEMA ops'
  await t.rejects(connected(t, url.href).unsafe(text), { code: '42501', message: new RegExp(role), hint })
  await sql.unsafe('create extension btree_gist schema public')
  await t.resolves(connected(t, url.href).unsafe(text), 'one that is there already may stay where it is')
})

t.test('rules that were there before get their ranges, their destinations and their number', async (t) => {
  const { ownerUrl } = await emptyDatabase(t)
  const migrations = await readMigrations()
  await migrate({ url: ownerUrl, migrations: migrations.slice(0, 5), ...quiet })
  const sql = connected(t, ownerUrl)
  await sql.unsafe(`
    insert into ops.operators (operator_id, provisioning, name, host, port, system_id, bind_type, max_tps,
        credentials_version, version, created_at, created_by, updated_at, updated_by, deleted_at)
      select 'op-' || n, 'READY', 'Operator ' || n, 'h' || n, 2775, 's', 'TRANSCEIVER', 1, 1, 1, now(), 'x', now(), 'x',
        case n when 2 then now() end from generate_series(1, 3) n;
    insert into ops.routing_rules (rule_id, operator_id, prefix, mcc, mnc, cost_per_segment, currency, active,
        created_at, created_by, updated_at, updated_by)
      select gen_random_uuid(), operator_id, prefix, mcc, mnc, 1, 'USD', active, now(), 'x', now(), 'x' from (values
        ('op-1', '+93', null, null, true), ('op-1', '+94', '412', '01', true), ('op-1', '+95', null, null, false),
        ('op-2', '+93', null, null, true)) as r (operator_id, prefix, mcc, mnc, active)`)
  await migrate({ url: ownerUrl, ...quiet })
  const destinations = await sql`select operator_id, prefix, mcc, mnc, range_start, range_end
    from ops.destination_prefixes order by prefix`
  t.same(
    destinations.map((row) => Object.values(row)),
    [
      ['op-1', '+93', null, null, '930000000000000', '939999999999999'],
      ['op-1', '+94', '412', '01', '940000000000000', '949999999999999'],
    ],
  )
  const counts = await sql`select routing_rule_count as count from ops.operators order by operator_id`
  t.same(
    counts.map(({ count }) => count),
    [3, 1, 0],
  )
})

t.test('the runtime may do no DDL and may not rewrite history', async (t) => {
  const { url } = await migratedDatabase(t)
  const sql = connected(t, url)
  const forbidden = [
    'create table ops.x (id integer)',
    'create table public.x (id integer)',
    'create temporary table x (id integer)',
    'create schema x',
    'alter table ops.operators add column x integer',
    'drop table ops.operators',
    'truncate ops.outbox',
    'drop index ops.uq_operators_live_name',
    `update ops.admin_audit_log set actor = 'x'`,
    'delete from ops.admin_audit_log',
    'truncate ops.admin_audit_log',
    'delete from ops.operator_health_log',
    `update ops.operator_health_log set new_state = 'HEALTHY'`,
    'delete from ops.operator_health',
    'delete from ops.schema_migrations',
    'insert into ops.destination_prefixes select * from ops.destination_prefixes',
    'update ops.destination_prefixes set range_end = 0',
    'delete from ops.destination_prefixes',
    'create or replace function ops.ensure_partitions() returns void language sql as $$ $$',
  ]
  // 42501 insufficient_privilege; dropping what another owns says so too.
  for (const statement of forbidden) await t.rejects(sql.unsafe(statement), { code: '42501' }, statement)
  await sql`insert into ops.admin_audit_log (actor, action, operator_id, resource_type, resource_id, version)
    values ('a', 'operator.create', 'x', 'operator', 'x', 1)`
  t.equal((await sql`select actor from ops.admin_audit_log`).length, 1)
  const granted = await sql`select p.privilege from unnest(array['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE',
    'REFERENCES', 'TRIGGER']) as p (privilege) where has_table_privilege('ops.admin_audit_log', p.privilege)
    or (p.privilege in ('SELECT', 'INSERT', 'UPDATE', 'REFERENCES')
      and has_any_column_privilege('ops.admin_audit_log', p.privilege)) order by 1`
  t.same(
    granted.map(({ privilege }) => privilege),
    ['INSERT', 'SELECT'],
    'history is added to and read, nothing else',
  )
})

t.test('no column anywhere is named like a password', async (t) => {
  const { ownerUrl } = await migratedDatabase(t)
  const sql = connected(t, ownerUrl)
  const columns = await sql<{ name: string }[]>`
    select table_name || '.' || column_name as name from information_schema.columns where table_schema = 'ops'`
  t.ok(columns.length > 80)
  const suspicious = /pass|pwd|secret|token|credential(?!s_version|_cleanup)/i
  t.same(
    columns.map(({ name }) => name).filter((name) => suspicious.test(name)),
    [],
  )
})

t.test('months are made ahead, and what ended 13 months ago is dropped', async (t) => {
  const { url, ownerUrl } = await migratedDatabase(t)
  const [runtime, owner] = [connected(t, url), connected(t, ownerUrl)]
  const children = async () =>
    (
      await owner`select inhrelid::regclass::text as name from pg_inherits
      where inhparent = 'ops.operator_health_log'::regclass order by 1`
    ).map(({ name }) => name as string)
  const monthsAhead = async () => (await runtime`select ops.partition_months_ahead() as n`)[0]?.n
  const made = await children()
  t.equal(made.length, 5, 'last month, this one and three more')
  t.equal(await monthsAhead(), 3)

  const past = (months: number) => owner`
    select to_char(date_trunc('month', now() at time zone 'UTC') - make_interval(months => ${months}), 'YYYY_MM') as label,
      (date_trunc('month', now() at time zone 'UTC') - make_interval(months => ${months}))::text as starts,
      (date_trunc('month', now() at time zone 'UTC') - make_interval(months => ${months - 1}))::text as ends`
  for (const months of [13, 14]) {
    const [month] = await past(months)
    await owner.unsafe(`create table ops.operator_health_log_p${month?.label} partition of ops.operator_health_log
      for values from ('${month?.starts}+00') to ('${month?.ends}+00')`)
  }
  const [kept] = await past(13)
  await owner.unsafe(`drop table ${made.at(-1)}, ${made.at(-2)}`)
  t.equal(await monthsAhead(), 1)
  await Promise.all([runtime`select ops.ensure_partitions()`, owner`select ops.ensure_partitions()`])
  t.equal(await monthsAhead(), 3)
  t.same(await children(), [`ops.operator_health_log_p${kept?.label}`, ...made])

  await owner.unsafe(`drop table ${made[1]}`)
  t.equal(await monthsAhead(), -1, 'this month is missing')
})

t.test('pg_partman, where it is there first, keeps the partitions', async (t) => {
  const { ownerUrl, url } = await emptyDatabase(t)
  const owner = connected(t, ownerUrl)
  const [available] = await owner`select from pg_available_extensions where name = 'pg_partman'`
  if (!available) return t.comment('this server has no pg_partman')
  await owner.unsafe('create schema partman; create extension pg_partman schema partman')
  await migrate({ url: ownerUrl, ...quiet })
  const runtime = connected(t, url)
  await runtime`select ops.ensure_partitions()`
  t.ok((await runtime`select ops.partition_months_ahead() as n`)[0]?.n >= 3)
  const [config] = await owner`select retention, retention_keep_table from partman.part_config`
  t.same({ ...config }, { retention: '13 months', retention_keep_table: false })
  await runtime`insert into ops.operator_health_log
    (operator_id, transition, previous_state, new_state, error_rate, bind_state, received_at)
    values ('x', 1, 'UNKNOWN', 'HEALTHY', 0, 'BOUND', now())`
})
