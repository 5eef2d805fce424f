import type { Operator, ProvisionalOperator } from '@oms/domain'
import { aProvisionalOperator, aRecordedChange } from '@oms/domain/contracts'
import t from 'tap'
import { type PostgresStore, postgresStore } from '../../test/support/postgres-store.ts'
import { until } from '../../test/support/until.ts'

t.test('the statements that finish a create travel together and are executed in their order', async (t) => {
  // A lock is waited for as long as that.
  const store = await postgresStore(t, { deadlineMs: 60_000 })
  for (const { held, other, otherIsFree } of [
    { held: 'ops.credential_cleanup', other: 'ops.operators', otherIsFree: true },
    { held: 'ops.operators', other: 'ops.credential_cleanup', otherIsFree: false },
  ]) {
    const draft = aProvisionalOperator()
    const at = await store.operators.insertProvisional(draft, 60)
    const operator = finished(draft, at)
    const numbered = await lastEvent(store)
    let completing: Promise<boolean> | undefined
    await store.owner.begin(async (tx) => {
      await tx`select from ${tx(held)} where operator_id = ${draft.operatorId} for update`
      completing = store.operators.complete(operator, aRecordedChange('operator.config.created.v1', operator))
      await until(async () => (await waiting(store)).length > 0)
      const free = await tx`select from ${tx(other)} where operator_id = ${draft.operatorId} for update skip locked`
      t.equal(free.length === 1, otherIsFree, 'the clean-up row is taken first: whoever has it decides')
      t.equal(await lastEvent(store), numbered, 'nothing is recorded before both rows are locked')
    })
    t.equal(await completing, true)
    t.ok((await lastEvent(store)) > numbered)
  }
})

t.test('the transaction that claims is serializable, any other is not', async (t) => {
  const store = await postgresStore(t)
  await store.owner.unsafe(`
    create table ops.seen (isolation text);
    create function ops.see() returns trigger language plpgsql security definer as $$ begin
      insert into ops.seen values (current_setting('transaction_isolation')); return new; end $$;
    create trigger see before insert or update on ops.operators for each row execute function ops.see()`)
  const draft = aProvisionalOperator()
  const at = await store.operators.insertProvisional(draft, 60)
  const operator = finished(draft, at)
  await store.operators.complete(operator, aRecordedChange('operator.config.created.v1', operator))
  const seen = await store.owner`select isolation from ops.seen`
  t.same(
    seen.map(({ isolation }) => isolation),
    ['serializable', 'read committed'],
  )
})

const finished = (draft: ProvisionalOperator, at: Date): Operator => ({
  ...draft,
  credentialsVersion: 1,
  version: 1,
  createdAt: at,
  updatedAt: at,
  updatedBy: draft.createdBy,
  deletedAt: null,
})

/** Statements of the ports that wait for a row. */
const waiting = ({ owner }: PostgresStore) => owner`
  select from pg_stat_activity
  where datname = current_database() and application_name = 'oms-test' and wait_event_type = 'Lock'`

const lastEvent = async ({ owner }: PostgresStore): Promise<number> => {
  const [sequence] = await owner<{ last: number }[]>`
    select case when is_called then last_value::integer else 0 end as last from ops.outbox_id_seq`
  return sequence?.last ?? Number.NaN
}
