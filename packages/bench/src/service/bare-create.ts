import { Redis } from 'ioredis'
import { randomUUID } from 'node:crypto'
import postgres from 'postgres'
import { p50Of } from '../process/paced.ts'
import { openBareVault } from './bare-vault.ts'

/** What a create writes beside the operator, as the service wrote it; only the ids of each copy are new. */
export type Written = Readonly<{
  audit: Readonly<{ action: string; resourceType: string; after: object }>
  events: readonly Readonly<{ subject: string; payload: object }>[]
}>

/** Where the steps go: servers that the service uses too, and a database of its own. */
export type Places = Readonly<{
  databaseUrl: string
  vault: Readonly<{ url: string; token: string }>
  redisUrl: string
}>

/** The p50 of each step of a create, in milliseconds. */
export type CreateSteps = Readonly<{ claim: number; vaultWrite: number; finish: number; redisSet: number }>

export type CreateOrder = Readonly<{ count: number; written: Written }>

/** The statements of a create and nothing else: no HTTP, no checks, no event published. */
export function openBareCreate({ databaseUrl, vault: at, redisUrl }: Places) {
  const sql = postgres(databaseUrl, { max: 2, fetch_types: false, onnotice: () => {} })
  const vault = openBareVault(at)
  const redis = new Redis(redisUrl)

  const claim = (id: string) =>
    sql.begin('isolation level serializable', async (tx) => {
      await tx`
        INSERT INTO ops.operators (operator_id, provisioning, name, host, port, system_id, system_type, bind_type, max_tps,
          burst_multiplier, burst_window_ms, enforcement_mode, status, credentials_version, version, created_at, created_by,
          updated_at, updated_by)
        VALUES (${id}, 'PENDING', ${`Bench ${id}`}, ${`${id}.bench.example`}, 2775, 'bench', '', 'TRANSCEIVER', 100, 1.5, 1000,
          'HARD_REJECT', 'INACTIVE', 0, 0, now(), 'bench', now(), 'bench')
        RETURNING created_at`
      await tx`
        INSERT INTO ops.credential_cleanup (operator_id, reason, due_at) VALUES (${id}, 'provisional', now() + interval '1 minute')`
    })

  const finish = (id: string, { audit, events }: Written) =>
    sql.begin(async (tx) => {
      await tx`DELETE FROM ops.credential_cleanup WHERE operator_id = ${id} RETURNING operator_id`
      await tx`
        UPDATE ops.operators SET provisioning = 'READY', credentials_version = 1, version = 1
        WHERE operator_id = ${id} AND provisioning = 'PENDING' RETURNING operator_id`
      const { action, resourceType, after } = audit
      const rows = events.map((event) => ({
        event_id: randomUUID(),
        operator_id: id,
        subject: event.subject,
        payload: tx.json(event.payload as postgres.JSONValue),
      }))
      await Promise.all([
        tx`
          INSERT INTO ops.admin_audit_log (audit_id, actor, action, operator_id, resource_type, resource_id, version, after)
          VALUES (${randomUUID()}, 'bench', ${action}, ${id}, ${resourceType}, ${id}, 1, ${tx.json(after as postgres.JSONValue)})`,
        tx`INSERT INTO ops.outbox ${tx(rows, 'event_id', 'operator_id', 'subject', 'payload')}`,
      ])
    })

  return async ({ count, written }: CreateOrder): Promise<CreateSteps> => {
    const ids = Array.from({ length: count }, () => randomUUID())
    const step = (work: (id: string) => Promise<unknown>) => p50Of((turn) => work(ids[turn] ?? ''), count)
    const value = JSON.stringify({
      status: 'UNKNOWN',
      errorRate: null,
      bindState: null,
      since: new Date(),
      at: new Date(),
    })
    return {
      claim: await step(claim),
      vaultWrite: await step((id) => vault.write(id)),
      finish: await step((id) => finish(id, written)),
      redisSet: await step((id) => redis.set(`ops:bench:${id}`, value, 'EX', 60, 'NX')),
    }
  }
}
