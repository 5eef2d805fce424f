import type { AuditEntry, HealthTransition } from '@oms/domain'
import type { StoreHarness } from '@oms/domain/contracts'
import postgres from 'postgres'
import {
  createAuditLog,
  createCredentialsCleanup,
  createHealthLog,
  createHealthRepository,
  createIdempotencyKeys,
  createOperatorDirectory,
  createOperatorRepository,
  createOutbox,
  createRoutingRules,
  openPostgres,
  type Postgres,
  type PostgresOptions,
} from '../../src/postgres/index.ts'
import { dateOfText, microsOfText } from '../../src/postgres/timestamps.ts'
import { migratedDatabase, type TestDatabase } from './database.ts'

type Test = Readonly<{ teardown(end: () => PromiseLike<void>): void }>

export const silent = { info: () => {}, warn: () => {} }

export type PostgresStore = StoreHarness &
  Readonly<{ database: TestDatabase; postgres: Postgres; owner: postgres.Sql; errors: readonly string[] }>

/** The ports on an empty database of the test's own, as the runtime's login; `owner` looks inside. */
export async function postgresStore(t: Test, options: Partial<PostgresOptions> = {}): Promise<PostgresStore> {
  return storeOn(t, await migratedDatabase(t), options)
}

/** One database for all tests of a file, emptied for each. */
export function reusedStore(file: Test, open = () => postgresStore(file)): () => Promise<PostgresStore> {
  let opened: Promise<PostgresStore> | undefined
  return async () => {
    opened ??= open()
    const store = await opened
    await store.owner`truncate ops.operators, ops.operator_health, ops.operator_health_log, ops.credential_cleanup,
      ops.admin_audit_log, ops.outbox, ops.leases, ops.routing_rules, ops.destination_prefixes, ops.idempotency_keys`
    return store
  }
}

export async function storeOn(
  t: Test,
  database: TestDatabase,
  options: Partial<PostgresOptions> = {},
): Promise<PostgresStore> {
  const errors: string[] = []
  const defaults = { pool: 10, prepare: true, applicationName: 'oms-test', log: silent }
  const onError = (operation: string): void => void errors.push(operation)
  const opened = openPostgres({ ...defaults, url: database.url, onError, ...options })
  const owner = postgres(database.ownerUrl, {
    max: 2,
    fetch_types: false,
    onnotice: () => {},
    connection: { TimeZone: 'UTC' },
    types: { text: { to: 25, from: [1184], serialize: String, parse: (raw: string) => raw } },
  })
  t.teardown(async () => {
    await Promise.all([opened[Symbol.asyncDispose](), owner.end({ timeout: 1 })])
  })
  const { db } = opened
  return {
    operators: createOperatorRepository(db),
    directory: createOperatorDirectory(db),
    outbox: createOutbox(db),
    cleanup: createCredentialsCleanup(db),
    health: createHealthRepository(db),
    routingRules: createRoutingRules(db),
    idempotency: createIdempotencyKeys(db),
    auditLog: createAuditLog(db),
    healthLog: createHealthLog(db),
    audit: async () => (await owner`select * from ops.admin_audit_log order by at, audit_id`).map(toAuditEntry),
    transitions: async () =>
      (await owner`select * from ops.operator_health_log order by operator_id, transition`).map(toTransition),
    bringCleanupsForward: async (seconds) => {
      await owner`update ops.credential_cleanup set due_at = due_at - make_interval(secs => ${seconds})`
    },
    ageIdempotencyKeys: async (hours) => {
      await owner`update ops.idempotency_keys set created_at = created_at - make_interval(hours => ${hours})`
    },
    database,
    postgres: opened,
    owner,
    errors,
  }
}

const toAuditEntry = (row: postgres.Row): AuditEntry => ({
  auditId: row.audit_id,
  at: dateOfText(row.at),
  actor: row.actor,
  action: row.action,
  operatorId: row.operator_id,
  resource: { type: row.resource_type, id: row.resource_id },
  version: row.version,
  before: row.before,
  after: row.after,
  requestId: row.request_id,
  traceId: row.trace_id,
  sourceAddress: row.source_address,
})

const toTransition = (row: postgres.Row): HealthTransition => ({
  operatorId: row.operator_id,
  previousState: row.previous_state,
  newState: row.new_state,
  errorRate: row.error_rate,
  bindState: row.bind_state,
  bindError: row.bind_error,
  at: microsOfText(row.received_at),
  transition: Number(row.transition),
})
