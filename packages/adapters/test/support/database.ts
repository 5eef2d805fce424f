import { createHash, randomBytes } from 'node:crypto'
import { testStack } from '@oms/devstack'
import postgres from 'postgres'
import { migrate, readMigrations } from '../../src/postgres/migrate.ts'

type Test = Readonly<{ teardown(end: () => PromiseLike<void>): void }>

export type TestDatabase = Readonly<{
  /** As the services log in: a member of ops_runtime. */
  url: string
  ownerUrl: string
}>

const RUNTIME = { user: 'oms_test_runtime', password: 'runtime' }
const LOCK = 'oms test template'

/** A database of the test's own, migrated and empty, gone at the test's end. */
export async function migratedDatabase(t: Test): Promise<TestDatabase> {
  const { postgres: server } = await testStack(t, ['postgres'])
  return databaseOn(t, server.url)
}

/** The same on a server that the test started itself. */
export const databaseOn = (t: Test, serverUrl: string): Promise<TestDatabase> =>
  newDatabase(t, serverUrl, async (sql, name) => {
    await sql.begin(async (tx) => {
      // Cloning wants the template to itself, so everyone takes turns.
      await tx`select pg_advisory_xact_lock(hashtext(${LOCK}))`
      const template = await ensureTemplate(serverUrl, sql)
      await sql.unsafe(`create database ${name} template ${template}`)
    })
    // What a database's own rights say is not cloned with it.
    await sql.unsafe(`revoke temporary on database ${name} from public`)
  })

/** A database without a schema, on a server that has the runtime's login. */
export async function emptyDatabase(t: Test): Promise<TestDatabase> {
  const { postgres: server } = await testStack(t, ['postgres'])
  return newDatabase(t, server.url, async (sql, name) => {
    await sql.begin(async (tx) => {
      await tx`select pg_advisory_xact_lock(hashtext(${LOCK}))`
      await ensureTemplate(server.url, sql)
    })
    await sql.unsafe(`create database ${name}`)
  })
}

async function newDatabase(
  t: Test,
  serverUrl: string,
  create: (sql: postgres.Sql, name: string) => Promise<void>,
): Promise<TestDatabase> {
  const name = `oms_test_${randomBytes(8).toString('hex')}`
  await onServer(serverUrl, (sql) => create(sql, name))
  t.teardown(() =>
    onServer(serverUrl, async (sql) => {
      await sql.unsafe(`drop database if exists ${name} with (force)`)
    }),
  )
  return { url: urlOf(serverUrl, name, RUNTIME), ownerUrl: urlOf(serverUrl, name) }
}

/** One per server and set of migrations: its name says which. */
async function ensureTemplate(serverUrl: string, sql: postgres.Sql): Promise<string> {
  const migrations = await readMigrations()
  const hash = createHash('sha256').update(migrations.map(({ checksum }) => checksum).join())
  const name = `oms_template_${hash.digest('hex').slice(0, 16)}`
  const [made] = await sql`select from pg_database where datname = ${name} and datistemplate`
  if (made) return name
  await sql.unsafe(`drop database if exists ${name} with (force)`)
  await sql.unsafe(`create database ${name}`)
  await migrate({ url: urlOf(serverUrl, name), log: () => {} })
  const [login] = await sql`select from pg_roles where rolname = ${RUNTIME.user}`
  const { user, password } = RUNTIME
  if (!login) await sql.unsafe(`create role ${user} login password '${password}' in role ops_runtime`)
  // The mark that it is complete.
  await sql.unsafe(`alter database ${name} is_template true`)
  return name
}

async function onServer<T>(url: string, work: (sql: postgres.Sql) => Promise<T>): Promise<T> {
  // A second connection is for what no transaction may hold: CREATE DATABASE.
  const sql = postgres(url, { max: 2, fetch_types: false, onnotice: () => {} })
  try {
    return await work(sql)
  } finally {
    await sql.end({ timeout: 1 })
  }
}

function urlOf(serverUrl: string, database: string, login?: typeof RUNTIME): string {
  const url = new URL(serverUrl)
  url.pathname = `/${database}`
  if (login !== undefined) {
    url.username = login.user
    url.password = login.password
  }
  return url.href
}
