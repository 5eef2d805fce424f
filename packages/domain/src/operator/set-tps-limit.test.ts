import t, { type Test } from 'tap'
import { aWorld, by, commitUnknown, databaseAway } from '../../test/support/operators.ts'
import { refusal } from '../../test/support/rules.ts'
import { newOperatorId } from '../contracts/samples.ts'
import { setTpsLimit } from './set-tps-limit.ts'
import { softDeleteOperator } from './soft-delete-operator.ts'
import { type TpsLimit, tpsLimit } from './tps-limit.ts'
import type { VersionPrecondition } from './version-precondition.ts'

/** A world with one operator of 50 segments per second, and no event waiting. */
async function aWorldWithRoshan() {
  const world = aWorld()
  const { operator } = await world.create()
  const { operatorId } = operator
  const on = { operatorId, context: by('zahra') }
  world.store.outbox.clear()
  world.store.audit.length = 0
  world.wakes.count = 0
  world.passSeconds(60)
  const set = (limit: TpsLimit, ifMatch: VersionPrecondition = '*') =>
    setTpsLimit(world.ports, { ...on, tpsLimit: limit, ifMatch })
  const isRefused = async (t: Test, work: () => Promise<unknown>, expected: object) => {
    const { error, before, after, woken } = await refusal(world, work)
    t.match(error, expected)
    t.same(after, before, 'nothing has changed')
    t.equal(woken, 0)
  }
  return { ...world, world, operator, ...on, set, isRefused }
}

t.test('a limit is replaced as a whole; its event names what changed by dotted paths', async (t) => {
  const { world, operator, operatorId, set, store } = await aWorldWithRoshan()
  const limit = tpsLimit({ maxTps: 9, burstMultiplier: 2.25, burstWindowMs: 250 })
  const updatedAt = new Date('2026-11-20T12:01:00.000Z')
  const updated = await set(limit)
  t.same(updated, { ...operator, tpsLimit: limit, version: 2, updatedAt, updatedBy: 'zahra' })
  t.same((await world.operators.find(operatorId))?.operator, updated)
  const [event, ...others] = world.events()
  t.same(others, [])
  t.match(event, { subject: 'operator.config.updated.v1', traceparent: by('zahra').traceparent })
  t.same(event?.payload, {
    schemaVersion: '1',
    eventId: event?.eventId,
    operatorId,
    version: 2,
    changedFields: ['tpsLimit.maxTps', 'tpsLimit.burstMultiplier', 'tpsLimit.burstWindowMs'],
    previousValues: { 'tpsLimit.maxTps': 50, 'tpsLimit.burstMultiplier': 1.5, 'tpsLimit.burstWindowMs': 1_000 },
    newValues: { 'tpsLimit.maxTps': 9, 'tpsLimit.burstMultiplier': 2.25, 'tpsLimit.burstWindowMs': 250 },
    updatedAt: updatedAt.toISOString(),
    updatedBy: 'zahra',
  })
  const resource = { type: 'tps-limit', id: operatorId }
  t.match(store.audit, [{ action: 'tps-limit.update', resource, version: 2, actor: 'zahra', requestId: 'request-7' }])
  t.same([store.audit[0]?.before, store.audit[0]?.after], [operator.tpsLimit, limit])
  t.match(world.auditEvents(), [{ payload: { action: 'tps-limit.update', before: operator.tpsLimit, after: limit } }])
  t.equal(world.wakes.count, 1)

  const mode = { ...limit, enforcementMode: 'SOFT_THROTTLE' } as const
  t.equal((await set(mode)).version, 3)
  t.match(world.events()[1]?.payload, { changedFields: ['tpsLimit.enforcementMode'] })
})

t.test('the same limit again leaves no trace', async (t) => {
  const { world, operator, set } = await aWorldWithRoshan()
  const { error, before, after } = await refusal(world, async () =>
    t.same(await set({ ...operator.tpsLimit }), operator),
  )
  t.equal(error, undefined)
  t.same(after, before)
})

t.test('If-Match holds, also where nothing would change; only live operators have a limit', async (t) => {
  const { ports, operator, operatorId, context, set, isRefused } = await aWorldWithRoshan()
  const limit = tpsLimit({ maxTps: 9 })
  for (const each of [limit, operator.tpsLimit]) {
    await isRefused(t, () => set(each, ['2']), { code: 'VERSION_MISMATCH' })
  }
  t.equal((await set(limit, ['1'])).version, 2)
  await softDeleteOperator(ports, { operatorId, context })
  for (const id of [operatorId, newOperatorId()]) {
    const work = () => setTpsLimit(ports, { operatorId: id, context, tpsLimit: limit })
    await isRefused(t, work, { code: 'OPERATOR_NOT_FOUND' })
  }
})

t.test('a change of unknown outcome is answered by what stands', async (t) => {
  const { world, set, isRefused } = await aWorldWithRoshan()
  world.operators.faults.fail('change', commitUnknown, { once: true, afterwards: true })
  t.match(await set(tpsLimit({ maxTps: 9 })), { version: 2, tpsLimit: { maxTps: 9 } })
  t.equal(world.wakes.count, 1)
  world.operators.faults.fail('change', commitUnknown, { once: true })
  const message = 'the TPS limit was not changed: the database lost the connection'
  const work = () => set(tpsLimit({ maxTps: 8 }))
  await isRefused(t, work, { code: 'DEPENDENCY_UNAVAILABLE', message, retryAfter: 1 })
  world.operators.faults.fail('change', databaseAway, { once: true })
  await isRefused(t, work, databaseAway)
})
