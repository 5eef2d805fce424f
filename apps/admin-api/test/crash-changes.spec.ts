// Killed by SIGKILL at each step of a create, an update and a delete. The steps `after x` and `before y` leave the same
// behind where only this process is between them; one of the two is tried.
import {
  anOperator,
  assertNothingHalfMade,
  assertSound,
  expectStatus,
  outlast,
  prepareCrashes,
  startService,
} from '@oms/testkit'
import t from 'tap'
import type { AdminKillPoint } from './mortal-main.ts'

const crashes = await prepareCrashes<AdminKillPoint>(t)
const service = await startService(t, {
  // The relay moves to the ingestor with the first crash, and stays.
  apps: { 'admin-api': 1, 'internal-api': 1, 'health-ingestor': 1 },
  entries: { 'admin-api': 'test/mortal-main.ts' },
  environment: { 'admin-api': crashes.environment },
})
const { admin, peer, sql } = service
const adminApi = service.app('admin-api')

/** Dies at `point` of what `provoke` asks for, and is started again when everything that was due has come. */
async function crashAt(point: AdminKillPoint, provoke: () => Promise<unknown>): Promise<void> {
  await crashes.at(point, adminApi, provoke)
  await assertNothingHalfMade(service)
  await outlast(service, 'admin-api')
  await adminApi.start()
  await assertSound(service)
}

const create = async (fields: Readonly<Record<string, unknown>> = {}): Promise<string> =>
  String(expectStatus(await admin('POST', '/operators', anOperator(fields)), 201).body.operatorId)

const credentialsOf = async (operatorId: string) => (await peer(`/operators/${operatorId}/credentials`)).body

const CREATE_UNDONE: readonly AdminKillPoint[] = [
  'before operators.holders',
  'before operators.insertProvisional',
  'after operators.insertProvisional',
  'before credentials.write',
  'after credentials.write',
  'before operators.complete',
]
const CREATE_DONE: readonly AdminKillPoint[] = [
  'after operators.complete',
  'before healthCache.initialise',
  'after healthCache.initialise',
]

for (const point of CREATE_UNDONE) {
  t.test(`a create that is killed ${point} leaves nothing, and can be asked for again`, async (t) => {
    const order = anOperator()
    await crashAt(point, () => admin('POST', '/operators', order))
    const { operatorId } = expectStatus(await admin('POST', '/operators', order), 201).body
    t.match(await credentialsOf(String(operatorId)), { credentialsVersion: 1, password: order.password })
    await assertSound(service)
  })
}

for (const point of CREATE_DONE) {
  t.test(`a create that is killed ${point} is done, and asking again names it`, async (t) => {
    const order = anOperator()
    await crashAt(point, () => admin('POST', '/operators', order))
    const { conflicts } = expectStatus(await admin('POST', '/operators', order), 409).body
    t.match(conflicts, [{ name: order.name }])
    const [{ operatorId }] = conflicts as [{ operatorId: string }]
    t.match(await credentialsOf(operatorId), { credentialsVersion: 1, password: order.password })
  })
}

t.test('until it is cleaned up, a killed create holds its claim unseen and says when to ask again', async (t) => {
  const order = anOperator()
  await crashes.at('after credentials.write', adminApi, () => admin('POST', '/operators', order))
  await adminApi.start()
  const { body, headers } = expectStatus(await admin('POST', '/operators', order), 409)
  t.match(body, { code: 'DUPLICATE_OPERATOR', retryAfter: Number })
  t.equal(headers.get('retry-after'), String(body.retryAfter))
  t.notOk('conflicts' in body)
  t.match(await admin('GET', `/operators?includeDeleted=true&q=${String(order.host)}`), { body: { data: [] } })
  await assertNothingHalfMade(service)

  await adminApi.kill()
  await outlast(service, 'admin-api')
  await adminApi.start()
  await assertSound(service)
  expectStatus(await admin('POST', '/operators', order), 201)
})

const UPDATE_UNDONE: readonly AdminKillPoint[] = [
  'before operators.change',
  'before change.save',
  'after change.save',
  'before credentials.latestVersion',
  'after credentials.latestVersion',
  'before credentials.write',
  'after credentials.write',
  'before change.record',
  'after change.record',
]
const UPDATE_DONE: readonly AdminKillPoint[] = ['after operators.change']

const rotation = { password: 'rotated2', tpsLimit: { maxTps: 7 } }

for (const point of UPDATE_UNDONE) {
  t.test(`a rotation that is killed ${point} changes nothing, and can be asked for again`, async (t) => {
    const operatorId = await create({ password: 'first-1' })
    await crashAt(point, () => admin('PATCH', `/operators/${operatorId}`, rotation))
    t.match(await credentialsOf(operatorId), { version: 1, password: 'first-1', tpsLimit: { maxTps: 100 } })
    t.match(await admin('PATCH', `/operators/${operatorId}`, rotation), { status: 200, body: { version: 2 } })
    t.match(await credentialsOf(operatorId), { version: 2, password: 'rotated2', tpsLimit: { maxTps: 7 } })
    await assertSound(service)
  })
}

for (const point of UPDATE_DONE) {
  t.test(`a rotation that is killed ${point} is done`, async (t) => {
    const operatorId = await create({ password: 'first-1' })
    await crashAt(point, () => admin('PATCH', `/operators/${operatorId}`, rotation))
    t.match(await credentialsOf(operatorId), { version: 2, password: 'rotated2', tpsLimit: { maxTps: 7 } })
  })
}

for (const point of ['before credentials.read', 'after credentials.read'] as const) {
  t.test(`a new systemId that is killed ${point} changes nothing, and keeps the password when it comes`, async (t) => {
    const operatorId = await create({ password: 'kept-pw1' })
    const renaming = { systemId: `new-${operatorId.slice(0, 8)}` }
    await crashAt(point, () => admin('PATCH', `/operators/${operatorId}`, renaming))
    t.match(await credentialsOf(operatorId), { version: 1, password: 'kept-pw1' })
    expectStatus(await admin('PATCH', `/operators/${operatorId}`, renaming), 200)
    t.match(await credentialsOf(operatorId), { version: 2, password: 'kept-pw1', ...renaming })
    await assertSound(service)
  })
}

const DELETE_UNDONE: readonly AdminKillPoint[] = [
  'before change.scheduleCredentialsRemoval',
  'after change.scheduleCredentialsRemoval',
  'after change.record',
]
const DELETE_DONE: readonly AdminKillPoint[] = [
  'after operators.change',
  'before healthCache.remove',
  'after healthCache.remove',
]

for (const point of DELETE_UNDONE) {
  t.test(`a delete that is killed ${point} changes nothing, and can be asked for again`, async (t) => {
    const operatorId = await create()
    await crashAt(point, () => admin('DELETE', `/operators/${operatorId}`))
    t.match(await credentialsOf(operatorId), { version: 1 })
    expectStatus(await admin('DELETE', `/operators/${operatorId}`), 204)
    t.equal((await peer(`/operators/${operatorId}/credentials`)).status, 404)
    await assertSound(service)
  })
}

for (const point of DELETE_DONE) {
  t.test(`a delete that is killed ${point} is done`, async (t) => {
    const operatorId = await create()
    await crashAt(point, () => admin('DELETE', `/operators/${operatorId}`))
    t.equal((await peer(`/operators/${operatorId}/credentials`)).status, 404)
    expectStatus(await admin('DELETE', `/operators/${operatorId}`), 404)
    t.match(
      await sql`SELECT reason, sweeps, due_at > now() + interval '29 days' AS kept FROM ops.credential_cleanup
        WHERE operator_id = ${operatorId}`,
      [{ reason: 'deleted', sweeps: 0, kept: true }],
    )
  })
}
