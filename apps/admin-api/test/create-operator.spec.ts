import { anOperator, expectStatus, startService, until } from '@oms/testkit'
import t from 'tap'

const service = await startService(t)
const { admin, events, passwordIn, sql } = service

t.test('US-OPS-01 AC1: a valid create answers 201 with the operator, and without its password', async (t) => {
  const order = anOperator({ notes: 'first line\nsecond', mnoId: 'roshan', systemType: 'SMS' })
  const { headers, body } = expectStatus(await admin('POST', '/operators', order), 201)
  const { password: _, ...visible } = order
  t.match(body, { ...visible, status: 'INACTIVE', healthState: 'UNKNOWN', healthStale: false, version: 1 })
  t.match(body, { credentialsVersion: 1, createdBy: 'test-admin', updatedBy: 'test-admin' })
  t.match(body.createdAt, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
  t.equal(headers.get('location'), `/v1/admin/operators/${String(body.operatorId)}`)
  t.equal(headers.get('etag'), '"1"')
  t.notOk('password' in body)
  t.same((await admin('GET', `/operators/${String(body.operatorId)}`)).body, body)
})

t.test('US-OPS-01 AC2: the password is in Vault, and PostgreSQL has no place for it', async (t) => {
  const order = anOperator({ password: 'in-vault' })
  const { operatorId } = expectStatus(await admin('POST', '/operators', order), 201).body
  t.equal(await passwordIn(String(operatorId)), 'in-vault')
  const columns = await sql<{ column_name: string }[]>`
    SELECT column_name FROM information_schema.columns WHERE table_schema = 'ops'`
  t.same(
    columns.filter(({ column_name }) => /pass(word|wd|phrase)|secret/i.test(column_name)),
    [],
  )
})

t.test('US-OPS-01 AC5: operator.config.created.v1 tells of it, without a password', async (t) => {
  const order = anOperator({ password: 'not-told1' })
  const { operatorId, createdAt } = expectStatus(await admin('POST', '/operators', order), 201).body
  const { payload, messageId } = await events.next('operator.config.created.v1', String(operatorId))
  t.match(payload, {
    schemaVersion: '1',
    operatorId,
    version: 1,
    status: 'INACTIVE',
    createdAt,
    createdBy: 'test-admin',
  })
  t.equal(messageId, payload.eventId)
  t.notMatch(JSON.stringify(payload), /not-told1/)
})

t.test('a new operator has a health key of 60 s that says UNKNOWN', async (t) => {
  const { operatorId } = expectStatus(await admin('POST', '/operators', anOperator()), 201).body
  const key = `ops:health:${String(operatorId)}`
  t.match(JSON.parse(await until('the key', () => service.cache.get(key))), { status: 'UNKNOWN' })
  const ttl = await service.cache.ttl(key)
  t.ok(ttl > 50 && ttl <= 60, `lives ${ttl} s`)
})

t.test('the create is in the audit log, once, without a secret', async (t) => {
  const order = anOperator({ password: 'audited1' })
  const { operatorId } = expectStatus(await admin('POST', '/operators', order), 201).body
  const rows = await sql`SELECT actor, action, version, before, after FROM ops.admin_audit_log
    WHERE operator_id = ${String(operatorId)}`
  t.match(rows, [{ actor: 'test-admin', action: 'operator.create', before: null, after: { name: order.name } }])
  t.notMatch(JSON.stringify(rows), /audited1/)
})

t.test('a password that SMPP 3.4 does not allow for is taken with a warning', async (t) => {
  const { body } = expectStatus(await admin('POST', '/operators', anOperator({ password: 'twelve-chars' })), 201)
  t.match(body.warnings, [{ code: 'PASSWORD_LONGER_THAN_SMPP_3_4', path: 'password' }])
})

t.test('US-OPS-08: a create is a line of its use case and one of its request, without the password', async (t) => {
  const order = anOperator({ password: 'unlogged-1' })
  const { headers, body } = expectStatus(await admin('POST', '/operators', order), 201)
  const [requestId, operatorId] = [headers.get('x-request-id'), String(body.operatorId)]
  const app = service.app('admin-api')
  const told = () => app.logLines().filter((line) => line.requestId === requestId)
  const lines = await until('both lines', async () => (told().length === 2 ? told() : undefined))
  const common = {
    level: 'info',
    ts: /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/,
    service: 'operator-management-service',
    app: 'admin-api',
    adminId: 'test-admin',
    durationMs: Number,
    traceId: /^[0-9a-f]{32}$/,
    spanId: /^[0-9a-f]{16}$/,
  }
  const vaultPath = `secret/data/ops/operators/${operatorId}/credentials`
  t.match(lines, [
    { ...common, msg: 'use case', action: 'createOperator', operatorId, vaultPath, result: 'ok' },
    { ...common, msg: 'request', method: 'POST', route: '/v1/admin/operators', status: 201 },
  ])
  t.equal(lines[0]?.traceId, lines[1]?.traceId)
  t.notMatch(app.output(), /unlogged-1/)
})
