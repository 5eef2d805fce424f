import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import type { Secret } from '@oms/domain'
import postgres from 'postgres'
import { withoutParameters } from './database-error.ts'

export type Migration = Readonly<{ version: number; name: string; text: string; checksum: string }>

export type MigrateOptions = Readonly<{
  /** The owner's connection, not the runtime's. */
  url: string
  password?: Secret
  log: (line: string) => void
  migrations?: readonly Migration[]
}>

// Beside src/ and dist/ alike.
const FOLDER = new URL('../../migrations/', import.meta.url)
const FILE_NAME = /^(\d{4})_(\w+)\.sql$/
const LOCK = 'ops.schema_migrations'

/** Every migration of this build, in order. */
export async function readMigrations(): Promise<readonly Migration[]> {
  const names = (await readdir(FOLDER)).filter((name) => FILE_NAME.test(name)).sort()
  return Promise.all(
    names.map(async (file) => {
      const [, version, name] = FILE_NAME.exec(file) ?? []
      const text = (await readFile(new URL(file, FOLDER), 'utf8')).replaceAll('\r\n', '\n')
      return {
        version: Number(version),
        name: name ?? '',
        text,
        checksum: createHash('sha256').update(text).digest('hex'),
      }
    }),
  )
}

/**
 * Brings the database up to this build; returns how many migrations ran. Safe when several start at once: each file is
 * applied in one transaction that first takes a lock and then looks whether it still must. (A lock of the session would
 * not survive a reconnect unnoticed.) Refuses a file that was changed after it had been applied.
 */
export async function migrate(options: MigrateOptions): Promise<number> {
  const { url, password, log } = options
  const migrations = options.migrations ?? (await readMigrations())
  const sql = postgres(url, {
    max: 1,
    fetch_types: false,
    // Each statement is sent once or twice; a pooler in transaction mode may lose one that is kept.
    prepare: false,
    connect_timeout: 10,
    onnotice: () => {},
    ...(password === undefined ? {} : { password: password.reveal() }),
    connection: { application_name: 'oms-migrate' },
  })
  try {
    await locked(sql, createJournal)
    let applied = 0
    for (const migration of migrations) {
      if (!(await locked(sql, (tx) => apply(tx, migration)))) continue
      applied += 1
      log(`migration ${label(migration)} applied`)
    }
    log(applied === 0 ? 'the database is up to date' : `${applied} migrations applied`)
    return applied
  } catch (error) {
    throw withoutParameters(error)
  } finally {
    await sql.end({ timeout: 1 })
  }
}

const locked = <T>(sql: postgres.Sql, work: (tx: postgres.TransactionSql) => Promise<T>): Promise<T> =>
  sql.begin(async (tx) => {
    await tx`select pg_advisory_xact_lock(hashtext(${LOCK}))`
    return work(tx)
  }) as Promise<T>

async function createJournal(tx: postgres.TransactionSql): Promise<void> {
  await tx`create schema if not exists ops`
  await tx`
    create table if not exists ops.schema_migrations (
      version    integer primary key,
      name       text not null,
      checksum   text not null,
      applied_at timestamptz not null default clock_timestamp()
    )`
}

async function apply(tx: postgres.TransactionSql, migration: Migration): Promise<boolean> {
  const [known] = await tx<{ checksum: string }[]>`
    select checksum from ops.schema_migrations where version = ${migration.version}`
  if (known !== undefined) {
    if (known.checksum === migration.checksum) return false
    throw new Error(`migration ${label(migration)} was changed after it had been applied: add a new one instead`)
  }
  await tx.unsafe(migration.text)
  const { version, name, checksum } = migration
  await tx`insert into ops.schema_migrations (version, name, checksum) values (${version}, ${name}, ${checksum})`
  return true
}

const label = ({ version, name }: Migration): string => `${String(version).padStart(4, '0')}_${name}`
