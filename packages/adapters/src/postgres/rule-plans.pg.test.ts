import { type OperatorId, prefix } from '@oms/domain'
import { aRuleSpan } from '@oms/domain/contracts'
import t from 'tap'
import { migratedDatabase } from '../../test/support/database.ts'
import { type PostgresStore, storeOn } from '../../test/support/postgres-store.ts'
import { until } from '../../test/support/until.ts'

/** More often than a statement is planned for its own values before a common plan is tried. */
const TIMES = 8

/** A hundred operators with twenty rules each, and one with five thousand prefixes and two thousand networks of another. */
const FILL = `
  insert into ops.operators (operator_id, provisioning, name, host, port, system_id, bind_type, max_tps,
      credentials_version, version, created_at, created_by, updated_at, updated_by)
    select 'op-' || n, 'READY', 'Operator ' || n, 'h' || n, 2775, 's', 'TRANSCEIVER', 1, 1, 1, now(), 'x', now(), 'x'
    from generate_series(0, 100) n;
  insert into ops.routing_rules (rule_id, operator_id, prefix, mcc, mnc, cost_per_segment, currency, created_at,
      created_by, updated_at, updated_by)
    select gen_random_uuid(), operator_id, prefix, mcc, mnc, 1, 'USD', now(), 'x', now(), 'x' from (
      select 'op-' || (1 + n % 100) as operator_id, '+' || (70000 + n / 100) as prefix, null as mcc, null as mnc
        from generate_series(0, 1999) n
      union all
      select 'op-0', '+' || (10000000 + n * 37), null, null from generate_series(0, 4999) n
      union all
      select 'op-0', '+888', (200 + n / 100)::text, lpad((n % 100)::text, 2, '0') from generate_series(0, 1999) n
    ) rules`

/** What was read of the tables of rules so far: whole tables, and entries of indexes. */
async function readsOf({ owner }: PostgresStore) {
  await until(async () => {
    const [busy] = await owner`select from pg_stat_activity
      where application_name = 'oms-test' and datname = current_database()`
    return busy === undefined
  })
  await owner`select pg_stat_force_next_flush()`
  const [tables] = await owner`select sum(seq_scan)::integer as whole from pg_stat_user_tables
    where relname in ('routing_rules', 'destination_prefixes')`
  const indexes = await owner`select indexrelname as name, idx_scan::integer as scans, idx_tup_read::integer as entries
    from pg_stat_user_indexes where relname in ('routing_rules', 'destination_prefixes')`
  return {
    whole: tables?.whole as number,
    entries: indexes.reduce((sum, { entries }) => sum + (entries as number), 0),
    scans: new Map(indexes.map(({ name, scans }) => [name as string, scans as number])),
  }
}

t.test('conflict checks and lookups go by an index and read next to nothing, whatever is there', async (t) => {
  const database = await migratedDatabase(t)
  const filling = await storeOn(t, database)
  // First with statistics of an empty table, which is what a bulk leaves behind for a while.
  await filling.owner.unsafe(`analyze; ${FILL}`)
  // A vacuum lets an index be read without its table, which changes what is cheap.
  const refreshed = { stale: 'select', fresh: 'analyze', 'fresh and vacuumed': 'vacuum analyze' }
  for (const [statistics, refresh] of Object.entries(refreshed)) {
    await filling.owner.unsafe(refresh)
    const run = async (work: (store: PostgresStore) => Promise<unknown>) => {
      const before = await readsOf(filling)
      const ends: (() => PromiseLike<void>)[] = []
      // One connection, so that its statements get to their common plan; what it read is told when it ends.
      const store = await storeOn({ teardown: (end) => void ends.push(end) }, database, { pool: 1 })
      await work(store)
      for (const end of ends) await end()
      const after = await readsOf(filling)
      const used = [...after.scans].filter(([name, scans]) => scans > (before.scans.get(name) ?? 0))
      return {
        whole: after.whole - before.whole,
        entries: (after.entries - before.entries) / TIMES,
        used: used.map(([name]) => name).toSorted(),
      }
    }
    const big = 'op-0' as OperatorId
    const spans = {
      'a free prefix': { prefix: '+99' },
      'an equal prefix': { prefix: '+10000037' },
      'a prefix inside another': { prefix: '+100000371' },
      'a network that is not there among thousands': { prefix: '+888', mcc: '999', mnc: '01' },
      'a prefix of other operators': { prefix: '+70001' },
    } as const
    for (const [what, facts] of Object.entries(spans)) {
      const { whole, entries, used } = await run(({ operators }) =>
        operators.change(big, { acrossVault: false }, async ({ rules }) => {
          for (let time = 0; time < TIMES; time += 1) await rules.overlapping([aRuleSpan(facts)], 10)
        }),
      )
      t.equal(whole, 0, `${what}, ${statistics}`)
      t.ok(entries <= 4, `${what}, ${statistics}: ${entries} entries`)
      t.same(used.slice(0, 2), ['ex_routing_rules_equal', 'ex_routing_rules_nested'], what)
    }
    const repeat = async (work: () => Promise<unknown>) => {
      for (let time = 0; time < TIMES; time += 1) await work()
    }
    const number = prefix('+10000037123')
    const one = { page: 1, limit: 10 } as const
    const reads: Readonly<Record<string, (store: PostgresStore) => Promise<unknown>>> = {
      preview: ({ routingRules }) => repeat(() => routingRules.matching(number, 10)),
      'preview of nothing': ({ routingRules }) => repeat(() => routingRules.matching(prefix('+99999999'), 10)),
      covers: ({ routingRules }) => repeat(() => routingRules.destinationPrefixes({ ...one, covers: number })),
      'covers of one operator': ({ routingRules }) =>
        repeat(() => routingRules.destinationPrefixes({ ...one, covers: number, operatorId: big })),
    }
    for (const [what, work] of Object.entries(reads)) {
      const { whole, entries, used } = await run(work)
      t.equal(whole, 0, `${what}, ${statistics}`)
      t.ok(entries <= 4, `${what}, ${statistics}: ${entries} entries of ${used.join(', ')}`)
    }
  }
})
