import { databaseOn, type TestDatabase } from '@oms/adapters/testing'
import { createOperatorRepository, createRoutingRules, openPostgres, type Postgres } from '@oms/adapters/postgres'
import { startDevstack } from '@oms/devstack'
import type { OperatorRepository, RoutingRules } from '@oms/domain'
import postgres from 'postgres'
import type { Tools } from '../suite.ts'
import { loadRules, SHAPES, type Shape } from './rules.ts'

/** A database with so many rules. */
export type Table = Readonly<{ shape: Shape; count: number; database: TestDatabase }>

export type Ports = Readonly<{ operators: OperatorRepository; routingRules: RoutingRules }>

const silent = { info: () => {}, warn: () => {} }

/** All sizes of all shapes in one cluster, the smallest first; PostgreSQL's settings are the server's defaults. */
export async function loadTables(
  sizes: readonly number[],
  { tell, opened }: Tools,
): Promise<Readonly<{ tables: readonly Table[]; version: string }>> {
  const server = opened.use(await startDevstack({ services: ['postgres'], onProgress: tell.now }))
  const test = { teardown: (end: () => PromiseLike<void>) => opened.defer(end) }
  const load = async (shape: Shape): Promise<readonly Table[]> => {
    const tables: Table[] = []
    for (const count of sizes) {
      const database = await databaseOn(test, server.postgres.url)
      const began = performance.now()
      await using owner = asOwner(database)
      await loadRules(owner.sql, { shape, count }, (rules) =>
        tell.still(`${shape}: ${rules.toLocaleString('en')} of ${count.toLocaleString('en')} rules`),
      )
      const seconds = (performance.now() - began) / 1_000
      tell.now(`${shape}: ${count.toLocaleString('en')} rules loaded in ${seconds.toFixed(1)} s`)
      tables.push({ shape, count, database })
    }
    return tables
  }
  const tables = (await Promise.all(SHAPES.map(load))).flat()
  await using owner = asOwner({ ownerUrl: server.postgres.url })
  // Or the server would still be writing while it is measured.
  await owner.sql`CHECKPOINT`
  const [row] = await owner.sql<{ version: string }[]>`SELECT current_setting('server_version') AS version`
  return { tables, version: row?.version ?? 'unknown' }
}

export function asOwner({
  ownerUrl,
}: Pick<TestDatabase, 'ownerUrl'>): AsyncDisposable & Readonly<{ sql: postgres.Sql }> {
  const sql = postgres(ownerUrl, { max: 1, fetch_types: false, onnotice: () => {} })
  return { sql, [Symbol.asyncDispose]: () => sql.end({ timeout: 1 }) }
}

/** As a service opens it; one caller at a time asks. */
export const asService = (url: string): Postgres =>
  openPostgres({ url, pool: 10, prepare: true, applicationName: 'oms-bench', log: silent })

export const portsOn = ({ db }: Postgres): Ports => ({
  operators: createOperatorRepository(db),
  routingRules: createRoutingRules(db),
})
