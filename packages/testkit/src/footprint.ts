import type { Service } from './service.ts'

/** All that admin calls have written so far: equal before and after means that nothing was. */
export type Footprint = Readonly<{
  operators: number
  /** The sum of all config versions: moves with every change. */
  versions: number
  cleanups: number
  history: number
  /** Of config and health; those of history are as many as its rows. */
  events: number
  /** Operators with a secret in Vault. */
  secrets: number
}>

export async function footprint({ sql, secrets }: Pick<Service, 'sql' | 'secrets'>): Promise<Footprint> {
  const { data } = await secrets('LIST', 'secret/metadata/ops/operators')
  return { ...(await footprintInPostgres({ sql })), secrets: ((data.keys ?? []) as unknown[]).length }
}

/** The same without a look at Vault, for when that is away. */
export async function footprintInPostgres({ sql }: Pick<Service, 'sql'>): Promise<Omit<Footprint, 'secrets'>> {
  const [rows] = await sql<Omit<Footprint, 'secrets'>[]>`
    SELECT (SELECT count(*)::integer FROM ops.operators) AS operators,
      (SELECT coalesce(sum(version), 0)::integer FROM ops.operators) AS versions,
      (SELECT count(*)::integer FROM ops.credential_cleanup) AS cleanups,
      (SELECT count(*)::integer FROM ops.admin_audit_log) AS history,
      (SELECT count(*)::integer FROM ops.outbox WHERE subject <> 'audit.admin.v1') AS events`
  if (rows === undefined) throw new TypeError('SELECT returned no row')
  return rows
}
