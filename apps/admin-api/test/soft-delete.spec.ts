import { anOperator, createdOperator, expectStatus, footprint, startService, until, wireTo } from '@oms/testkit'
import t from 'tap'

const service = await startService(t, { apps: { 'admin-api': 1 } })
const { admin, cache, events, passwordIn, secrets, sql } = service
const wire = await wireTo(service)

const deleted = (operatorId: string, ifMatch?: string) =>
  wire('DELETE', `/v1/admin/operators/${operatorId}`, ifMatch === undefined ? {} : { headers: { 'if-match': ifMatch } })

t.test('US-OPS-03 AC1: a delete answers 204, sets deleted_at and status INACTIVE, and keeps the row', async (t) => {
  const { operatorId } = await createdOperator(admin)
  expectStatus(await admin('PATCH', `/operators/${operatorId}`, { status: 'ACTIVE' }), 200)
  const answer = expectStatus(await deleted(operatorId), 204)
  t.equal(answer.headers.get('content-length'), null)
  const rows = await sql`SELECT status, version, updated_by, deleted_at = updated_at AS at_once FROM ops.operators
    WHERE operator_id = ${operatorId}`
  t.same(rows, [{ status: 'INACTIVE', version: 3, updated_by: 'test-admin', at_once: true }])
})

t.test('US-OPS-03 AC1: it works from every status', async (t) => {
  for (const steps of [[], ['ACTIVE'], ['ACTIVE', 'SUSPENDED']]) {
    const { operatorId } = await createdOperator(admin)
    for (const status of steps) expectStatus(await admin('PATCH', `/operators/${operatorId}`, { status }), 200)
    t.equal((await deleted(operatorId)).status, 204, steps.at(-1) ?? 'INACTIVE')
  }
})

t.test('US-OPS-03 AC2: a deleted operator is not found, changed or deleted again', async (t) => {
  const { operatorId } = await createdOperator(admin)
  expectStatus(await deleted(operatorId), 204)
  const before = await footprint(service)
  const attempts = [
    await admin('GET', `/operators/${operatorId}`),
    await admin('PATCH', `/operators/${operatorId}`, { notes: 'late' }),
    await deleted(operatorId),
    await deleted(operatorId, '*'),
  ]
  for (const answer of attempts) t.match(expectStatus(answer, 404).body, { code: 'OPERATOR_NOT_FOUND' })
  t.same(await footprint(service), before)
})

t.test('US-OPS-03 AC3: the list leaves deleted operators out and shows them with includeDeleted=true', async (t) => {
  const mark = anOperator().systemId
  const live = await createdOperator(admin, { systemId: mark })
  const gone = await createdOperator(admin, { systemId: mark })
  expectStatus(await deleted(gone.operatorId), 204)
  const list = async (query: string) =>
    expectStatus(await admin('GET', `/operators?q=${String(mark)}&sort=createdAt${query}`), 200).body
  for (const query of ['', '&includeDeleted=false']) {
    t.match(await list(query), { data: [{ operatorId: live.operatorId }], meta: { total: 1 } })
  }
  const all = await list('&includeDeleted=true')
  t.match(all, { meta: { total: 2 } })
  const [first, second] = all.data as Record<string, unknown>[]
  t.equal(first?.operatorId, live.operatorId)
  t.notOk('deletedAt' in (first ?? {}))
  t.match(second, { operatorId: gone.operatorId, status: 'INACTIVE', version: 2, deletedAt: second?.updatedAt })
  t.match(second?.deletedAt, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
})

t.test('US-OPS-03 AC4: operator.config.deleted.v1 tells of it, one version on, once', async (t) => {
  const { operatorId } = await createdOperator(admin)
  expectStatus(await deleted(operatorId), 204)
  const { payload, messageId } = await events.next('operator.config.deleted.v1', operatorId)
  const [row] = await sql`SELECT deleted_at FROM ops.operators WHERE operator_id = ${operatorId}`
  const deletedAt = (row?.deleted_at as Date).toISOString()
  t.equal(messageId, payload.eventId)
  const { eventId: _, ...rest } = payload
  t.same(rest, { schemaVersion: '1', operatorId, version: 2, deletedAt, deletedBy: 'test-admin' })
  const told = (await events.stored('OPERATOR_CONFIG')).filter((event) => event.payload.operatorId === operatorId)
  t.same(
    told.map(({ subject }) => subject),
    ['operator.config.created.v1', 'operator.config.deleted.v1'],
  )
})

t.test('the delete is in the audit log with both states', async (t) => {
  const { operatorId, name } = await createdOperator(admin)
  expectStatus(await deleted(operatorId), 204)
  const rows = await sql`SELECT actor, action, version, before, after FROM ops.admin_audit_log
    WHERE operator_id = ${operatorId} AND action = 'operator.delete'`
  t.match(rows, [{ actor: 'test-admin', version: 2, before: { name, deletedAt: null }, after: { name, version: 2 } }])
  t.type((rows[0]?.after as Record<string, unknown>).deletedAt, 'string')
})

t.test(
  'US-OPS-03 AC5: the same host, port, systemId and name make a new operator with a secret of its own',
  async (t) => {
    const order = anOperator({ password: 'first-pw' })
    const first = expectStatus(await admin('POST', '/operators', order), 201).body
    expectStatus(await deleted(String(first.operatorId)), 204)
    const second = expectStatus(await admin('POST', '/operators', { ...order, password: 'other-pw' }), 201).body
    t.not(second.operatorId, first.operatorId)
    t.match(second, { version: 1, credentialsVersion: 1, name: first.name, host: first.host })
    t.equal(await passwordIn(String(second.operatorId)), 'other-pw')
    expectStatus(await deleted(String(second.operatorId)), 204)
    t.equal((await admin('POST', '/operators', order)).status, 201, 'and again')
  },
)

t.test('an update to the endpoint and name of a deleted operator is allowed', async (t) => {
  const gone = await createdOperator(admin)
  const heir = await createdOperator(admin)
  expectStatus(await deleted(gone.operatorId), 204)
  const { host, systemId, name } = gone
  const { body } = expectStatus(await admin('PATCH', `/operators/${heir.operatorId}`, { host, systemId, name }), 200)
  t.match(body, { host, systemId, name })
})

t.test('If-Match guards a delete as it guards a change', async (t) => {
  const { operatorId } = await createdOperator(admin)
  const before = await footprint(service)
  for (const [tag, status] of [
    ['"2"', 412],
    ['W/"1"', 412],
    ['1', 400],
  ] as const) {
    t.match(await deleted(operatorId, tag), {
      status,
      body: { code: status === 412 ? 'VERSION_MISMATCH' : 'INVALID_PAYLOAD' },
    })
  }
  t.same(await footprint(service), before)
  t.equal((await deleted(operatorId, '"1"')).status, 204)
})

t.test('of ten concurrent deletes one answers 204 and nine 404', async (t) => {
  const { operatorId } = await createdOperator(admin)
  const before = await footprint(service)
  const answers = await Promise.all(Array.from({ length: 10 }, () => deleted(operatorId)))
  const statuses = answers.map(({ status }) => status).toSorted()
  t.same(statuses, [204, ...Array.from({ length: 9 }, () => 404)])
  t.match(await footprint(service), { history: before.history + 1, events: before.events + 1 })
})

t.test('the health key is gone with the operator', async (t) => {
  const { operatorId } = await createdOperator(admin)
  const key = `ops:health:${operatorId}`
  t.ok(await until('the key', () => cache.get(key)))
  expectStatus(await deleted(operatorId), 204)
  await until('no key', async () => ((await cache.exists(key)) === 0 ? true : undefined))
})

t.test('the secret stays for CREDENTIALS_RETENTION_DAYS; with 0 the sweeper destroys it, the others not', async (t) => {
  const kept = await createdOperator(admin, { password: 'kept-pw' })
  const live = await createdOperator(admin, { password: 'live-pw' })
  expectStatus(await deleted(kept.operatorId), 204)
  const rows = await sql`SELECT reason, round(extract(epoch FROM due_at - now()) / 86400)::integer AS days
    FROM ops.credential_cleanup WHERE operator_id = ${kept.operatorId}`
  t.same(rows, [{ reason: 'deleted', days: 30 }])

  const app = service.app('admin-api')
  await app.stop()
  await app.start({ CREDENTIALS_RETENTION_DAYS: '0' })
  const swept = await createdOperator(admin, { password: 'swept-pw' })
  expectStatus(await admin('PATCH', `/operators/${swept.operatorId}`, { password: 'swept-2' }), 200)
  expectStatus(await deleted(swept.operatorId), 204)
  const metadata = (id: string) => secrets('GET', `secret/metadata/ops/operators/${id}/credentials`)
  const isGone = async () => ((await metadata(swept.operatorId)).status === 404 ? true : undefined)
  await until('the secret with all its versions is destroyed', isGone, 30_000)
  t.equal(await passwordIn(kept.operatorId), 'kept-pw')
  t.equal(await passwordIn(live.operatorId), 'live-pw')
  const sweeps = () =>
    app
      .logLines()
      .filter(
        ({ action, operatorIds }) => action === 'sweepCredentials' && String(operatorIds).includes(swept.operatorId),
      )
  const [line] = await until('its line', async () => (sweeps().length > 0 ? sweeps() : undefined))
  t.match(line, { level: 'info', destroyed: Number, result: 'ok', durationMs: Number, traceId: String })
})
