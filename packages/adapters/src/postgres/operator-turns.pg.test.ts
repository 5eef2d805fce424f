import { isDomainError } from '@oms/domain'
import { createOperatorIn, updateOperatorIn } from '@oms/domain/contracts'
import t from 'tap'
import { postgresStore } from '../../test/support/postgres-store.ts'
import { until } from '../../test/support/until.ts'

const POOL = 5

t.test('changes that wait for one locked operator hold up nobody else, and end in time', async (t) => {
  // A lock_timeout of 0.8 s: each of them waits so long in its turn.
  const store = await postgresStore(t, { pool: POOL, deadlineMs: 1_800 })
  const [{ operatorId }, other] = [await createOperatorIn(store), await createOperatorIn(store)]
  const waitsForLocks = async () =>
    (
      await store.owner`select from pg_locks join pg_stat_activity using (pid)
        where not granted and datname = current_database()`
    ).length
  const outcomes = await store.owner.begin(async (tx) => {
    await tx`select from ops.operators where operator_id = ${operatorId} for update`
    let ended = 0
    const changes = Array.from({ length: POOL }, () =>
      updateOperatorIn(store, operatorId).finally(() => {
        ended += 1
      }),
    )
    const settled = Promise.allSettled(changes)
    await until(async () => (await waitsForLocks()) > 0)
    t.ok(await store.operators.find(other.operatorId))
    t.equal((await updateOperatorIn(store, other.operatorId)).version, 2)
    t.ok((await waitsForLocks()) <= 1, 'one of them at most has a connection')
    t.ok(ended < POOL, 'while they wait')
    return settled
  })
  for (const outcome of outcomes) {
    t.ok(outcome.status === 'rejected' && isDomainError(outcome.reason, 'SERVICE_OVERLOADED'))
  }
  t.equal((await updateOperatorIn(store, operatorId)).version, 2)
})
