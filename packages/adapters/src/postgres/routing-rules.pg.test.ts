import { type OperatorId, revised, type RoutingRule } from '@oms/domain'
import {
  aRecordedChange,
  aRoutingRule,
  aRuleSpan,
  changeRulesIn,
  createOperatorIn,
  deleteOperatorIn,
  insertRulesIn,
} from '@oms/domain/contracts'
import { sql } from 'drizzle-orm'
import t from 'tap'
import { type PostgresStore, reusedStore } from '../../test/support/postgres-store.ts'
import { until } from '../../test/support/until.ts'

const open = reusedStore(t)

const countsOf = async ({ owner }: PostgresStore) =>
  (
    await owner`select o.routing_rule_count as kept, count(r.rule_id)::integer as there
    from ops.operators o left join ops.routing_rules r using (operator_id) group by o.operator_id`
  ).map(({ kept, there }) => [kept, there])
/** Rows of the table that should not be there or are not as they should be. */
const strayDestinations = ({ owner }: PostgresStore) => owner`
  (select r.rule_id, r.operator_id, prefix, mcc, mnc, lower(span) as range_start, upper(span) - 1 as range_end
   from ops.routing_rules r join ops.operators o using (operator_id) where active and deleted_at is null
   except all table ops.destination_prefixes)
  union all
  (table ops.destination_prefixes
   except all select r.rule_id, r.operator_id, prefix, mcc, mnc, lower(span), upper(span) - 1
   from ops.routing_rules r join ops.operators o using (operator_id) where active and deleted_at is null)`

t.test('of a hundred unchecked inserts of equal prefixes at once one wins and the rest conflict', async (t) => {
  const store = await open()
  const { operatorId } = await createOperatorIn(store)
  const before = store.errors.length
  const outcomes = await Promise.allSettled(Array.from({ length: 100 }, () => insertRulesIn(store, operatorId, {})))
  t.equal(outcomes.filter(({ status }) => status === 'fulfilled').length, 1)
  const reasons = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason.code] : []))
  t.same(new Set(reasons), new Set(['PREFIX_CONFLICT']))
  t.same(store.errors.slice(before), [], 'a conflict is no failure of the database')
  t.same(await countsOf(store), [[1, 1]])
})

t.test('of a hundred unchecked inserts of nested prefixes at once no two that overlap stay', async (t) => {
  const store = await open()
  const { operatorId } = await createOperatorIn(store)
  const prefixes = Array.from({ length: 100 }, (_, index) => `+93${'7012345678'.slice(0, index % 10)}`)
  const outcomes = await Promise.allSettled(prefixes.map((prefix) => insertRulesIn(store, operatorId, { prefix })))
  for (const outcome of outcomes) {
    if (outcome.status === 'rejected') t.match(outcome.reason, { code: 'PREFIX_CONFLICT' })
  }
  t.same(await countsOf(store), [[1, 1]])
})

t.test('a bulk of 5,000 rules is written at once, or not at all, and read in more than one page', async (t) => {
  const store = await open()
  const { operatorId } = await createOperatorIn(store)
  const made = (count: number, digits: string) =>
    Array.from({ length: count }, (_, index) => aRoutingRule(operatorId, { prefix: `+${digits}${100_000 + index}` }))
  const rules = made(5_000, '9370')
  await changeRulesIn(store, operatorId, async (changes) => {
    t.same(await changes.overlapping(rules, 1_001), [])
    await changes.insert(rules)
    const found = await changes.overlapping(rules, 1_001)
    t.equal(new Set(found.map(({ ruleId }) => ruleId)).size, 5_000, 'one for each, whatever the limit')
  })
  const withOneTooMany = [
    ...made(600, '94'),
    ...rules.slice(0, 1).map(({ prefix }) => aRoutingRule(operatorId, { prefix })),
  ]
  await t.rejects(
    changeRulesIn(store, operatorId, (changes) => changes.insert(withOneTooMany)),
    { code: 'PREFIX_CONFLICT' },
  )
  t.same(await countsOf(store), [[5_000, 5_000]])
  t.same((await store.directory.find(operatorId))?.rules, rules)
  const others = [await createOperatorIn(store), await createOperatorIn(store)]
  const [last] = await insertRulesIn(store, operatorId, { prefix: '+99' })
  for (const other of others) await insertRulesIn(store, other.operatorId, { prefix: '+1' }, { prefix: '+2' })
  const streamed = new Map<OperatorId, readonly RoutingRule[]>()
  for await (const { operator, rules } of store.directory.stream()) streamed.set(operator.operatorId, rules)
  t.same(streamed.get(operatorId), [...rules, last])
  for (const { operatorId } of others) t.match(streamed.get(operatorId), [{ prefix: '+1' }, { prefix: '+2' }])
})

t.test('the table of destination prefixes follows whoever writes, and the number of rules is right', async (t) => {
  const store = await open()
  const { owner } = store
  const [one, two] = [await createOperatorIn(store), await createOperatorIn(store)]
  const [rule] = await insertRulesIn(store, one.operatorId, {}, { prefix: '+94' }, { prefix: '+95', active: false })
  await insertRulesIn(store, two.operatorId, {}, { prefix: '+96' })
  const statements = [
    'update ops.routing_rules set active = not active',
    `update ops.routing_rules set mcc = '412', mnc = '01', priority = 1 where prefix in ('+95', '+96')`,
    `delete from ops.routing_rules where prefix = '+95'`,
    `update ops.operators set operator_id = 'renamed' where operator_id = '${one.operatorId}'`,
    `update ops.operators set deleted_at = now() where operator_id = 'renamed'`,
    `update ops.operators set deleted_at = null where operator_id = 'renamed'`,
    'update ops.routing_rules set active = true',
    `update ops.routing_rules set operator_id = operator_id, prefix = prefix || '1'`,
  ]
  for (const statement of statements) {
    await owner.unsafe(statement)
    t.same([...(await strayDestinations(store))], [], statement)
    for (const [kept, there] of await countsOf(store)) t.equal(kept, there, statement)
  }
  const destinations = await owner`select from ops.destination_prefixes where operator_id = 'renamed'`
  t.equal(destinations.length, 2)
  t.equal((await owner`select from ops.routing_rules where rule_id = ${rule.ruleId}`).length, 1)
})

t.test('a rule that comes while its operator is being deleted leads nowhere', async (t) => {
  const store = await open()
  const { operatorId } = await createOperatorIn(store)
  const [held, entered] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  const deleting = store.owner.begin(async (tx) => {
    await tx`update ops.operators set deleted_at = now(), status = 'INACTIVE' where operator_id = ${operatorId}`
    entered.resolve()
    await held.promise
  })
  await entered.promise
  const inserting = store.owner`insert into ops.routing_rules (rule_id, operator_id, prefix, cost_per_segment, currency,
    created_at, created_by, updated_at, updated_by)
    values (gen_random_uuid(), ${operatorId}, '+93', 1, 'USD', now(), 'x', now(), 'x')`.execute()
  await until(async () => {
    const waiting = await store.postgres.db.drizzle.execute(sql`select from pg_locks join pg_stat_activity using (pid)
      where not granted and datname = current_database()`)
    return waiting.length > 0
  })
  held.resolve()
  await Promise.all([deleting, inserting])
  t.same([...(await strayDestinations(store))], [])
  t.same(await countsOf(store), [[1, 1]])
})

t.test('the change is published before its history, which has one row', async (t) => {
  const store = await open()
  const { operatorId } = await createOperatorIn(store)
  for (let version = 2; version < 8; version += 1) {
    await store.operators.change(operatorId, { acrossVault: false }, async ({ operator, at, record }) => {
      const next = revised(operator, {}, { actor: 'zahra', at })
      await record(next, aRecordedChange('operator.config.updated.v1', next))
    })
  }
  await deleteOperatorIn(store, operatorId)
  const told = (await store.outbox.pending(100)).map(({ subject, payload }) => [subject, payload.version])
  t.same(
    told,
    Array.from({ length: 8 }, (_, index) => {
      const change = index === 0 ? 'created' : index === 7 ? 'deleted' : 'updated'
      return [
        [`operator.config.${change}.v1`, index + 1],
        ['audit.admin.v1', index + 1],
      ]
    }).flat(),
  )
  t.equal((await store.audit()).length, 8)
})

t.test('history that was written to the microsecond is paged without loss', async (t) => {
  const { owner, auditLog } = await open()
  await owner`insert into ops.admin_audit_log (at, actor, action, operator_id, resource_type, resource_id, version)
    select '2026-11-20 12:00:00+00'::timestamptz + n * interval '1 microsecond', 'amina', 'operator.update', 'op',
      'operator', 'op', n from generate_series(1, 9) n`
  const seen: number[] = []
  for (let after: Parameters<typeof auditLog.list>[0]['after']; seen.length < 20; ) {
    const page = await auditLog.list({ operatorId: 'op' as OperatorId, limit: 2, after })
    seen.push(...page.entries.map(({ version }) => version))
    if (page.next === null) break
    after = page.next
  }
  t.same(seen, [9, 8, 7, 6, 5, 4, 3, 2, 1])
})

t.test('a rule that overlaps more than can be told still answers, at most as many as asked for', async (t) => {
  const store = await open()
  const { operatorId } = await createOperatorIn(store)
  const prefixes = Array.from({ length: 300 }, (_, index) => ({ prefix: `+93${1_000 + index}` }))
  await insertRulesIn(store, operatorId, ...prefixes)
  await changeRulesIn(store, operatorId, async (rules) => {
    const spans = Array.from({ length: 1_500 }, () => aRuleSpan({ prefix: '+9' }))
    t.equal((await rules.overlapping(spans, 100)).length, 100)
  })
})
