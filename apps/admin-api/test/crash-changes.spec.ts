// Killed by SIGKILL at each step of a create, an update and a delete, of operators and of rules: once for each state that a
// dead process can leave behind. (`before y` leaves what `after x` left, where nothing but this process is between them.)
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

for (const point of ['before operators.holders', 'after operators.insertProvisional'] as const) {
  t.test(`a create that is killed ${point} leaves nothing, and can be asked for again`, async (t) => {
    const order = anOperator()
    await crashAt(point, () => admin('POST', '/operators', order))
    const { operatorId } = expectStatus(await admin('POST', '/operators', order), 201).body
    t.match(await credentialsOf(String(operatorId)), { credentialsVersion: 1, password: order.password })
  })
}

t.test('a create that is killed after credentials.write holds its claim unseen until it is swept', async (t) => {
  const order = anOperator()
  await crashes.at('after credentials.write', adminApi, () => admin('POST', '/operators', order))
  await adminApi.start()
  const { body, headers } = expectStatus(await admin('POST', '/operators', order), 409)
  t.match(body, { code: 'DUPLICATE_OPERATOR', retryAfter: Number })
  t.equal(headers.get('retry-after'), String(body.retryAfter))
  t.notOk('conflicts' in body)
  t.match(await admin('GET', `/operators?includeDeleted=true&q=${String(order.host)}`), { body: { data: [] } })
  await assertNothingHalfMade(service)

  // A sweeper looks at once when it begins.
  await adminApi.stop()
  await outlast(service, 'admin-api')
  await adminApi.start()
  await assertSound(service)
  expectStatus(await admin('POST', '/operators', order), 201)
})

for (const point of ['after operators.complete', 'after healthCache.initialise'] as const) {
  t.test(`a create that is killed ${point} is done, and asking again names it`, async (t) => {
    const order = anOperator()
    await crashAt(point, () => admin('POST', '/operators', order))
    const { conflicts } = expectStatus(await admin('POST', '/operators', order), 409).body
    t.match(conflicts, [{ name: order.name }])
    const [{ operatorId }] = conflicts as [{ operatorId: string }]
    t.match(await credentialsOf(operatorId), { credentialsVersion: 1, password: order.password })
  })
}

const rotation = { password: 'rotated2', tpsLimit: { maxTps: 7 } }

const ROTATION_UNDONE = [
  'before change.save',
  'after credentials.latestVersion',
  'after credentials.write',
  'after change.record',
] as const

for (const point of ROTATION_UNDONE) {
  t.test(`a rotation that is killed ${point} changes nothing, and can be asked for again`, async (t) => {
    const operatorId = await create({ password: 'first-1' })
    await crashAt(point, () => admin('PATCH', `/operators/${operatorId}`, rotation))
    t.match(await credentialsOf(operatorId), { version: 1, password: 'first-1', tpsLimit: { maxTps: 100 } })
    t.match(await admin('PATCH', `/operators/${operatorId}`, rotation), { status: 200, body: { version: 2 } })
    t.match(await credentialsOf(operatorId), { version: 2, password: 'rotated2', tpsLimit: { maxTps: 7 } })
  })
}

t.test('a rotation that is killed after operators.change is done', async (t) => {
  const operatorId = await create({ password: 'first-1' })
  await crashAt('after operators.change', () => admin('PATCH', `/operators/${operatorId}`, rotation))
  t.match(await credentialsOf(operatorId), { version: 2, password: 'rotated2', tpsLimit: { maxTps: 7 } })
})

t.test(
  'a new systemId that is killed after credentials.read changes nothing, and comes with the password',
  async (t) => {
    const operatorId = await create({ password: 'kept-pw1' })
    const renaming = { systemId: `new-${operatorId.slice(0, 8)}` }
    await crashAt('after credentials.read', () => admin('PATCH', `/operators/${operatorId}`, renaming))
    t.match(await credentialsOf(operatorId), { version: 1, password: 'kept-pw1' })
    expectStatus(await admin('PATCH', `/operators/${operatorId}`, renaming), 200)
    t.match(await credentialsOf(operatorId), { version: 2, password: 'kept-pw1', ...renaming })
  },
)

for (const point of ['after change.scheduleCredentialsRemoval', 'after change.record'] as const) {
  t.test(`a delete that is killed ${point} changes nothing, and can be asked for again`, async (t) => {
    const operatorId = await create()
    await crashAt(point, () => admin('DELETE', `/operators/${operatorId}`))
    t.match(await credentialsOf(operatorId), { version: 1 })
    expectStatus(await admin('DELETE', `/operators/${operatorId}`), 204)
    t.equal((await peer(`/operators/${operatorId}/credentials`)).status, 404)
  })
}

for (const point of ['after operators.change', 'after healthCache.remove'] as const) {
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

t.test(
  'a change of a rule that is killed after rules.update changes nothing, and can be asked for again',
  async (t) => {
    const operatorId = await create()
    const rules = `/operators/${operatorId}/routing-rules`
    const { body: rule } = expectStatus(await admin('POST', rules, { prefix: '+93', costPerSegment: '1' }), 201)
    const send = () => admin('PATCH', `${rules}/${String(rule.ruleId)}`, { active: false })
    await crashAt('after rules.update', send)
    t.same((await peer(`/operators/${operatorId}`)).body.rules, [rule])
    expectStatus(await send(), 200)
    t.match((await peer(`/operators/${operatorId}`)).body, { version: 3, rules: [{ active: false }] })
  },
)

t.test('the secrets of deleted operators are gone after their retention, those of the others stay', async (t) => {
  const { count } = await sql`UPDATE ops.credential_cleanup SET due_at = now() WHERE reason = 'deleted'`
  t.ok(count > 0)
  await adminApi.stop()
  await adminApi.start()
  await assertSound(service)
})
