import { micros } from '@oms/domain'
import t from 'tap'
import { aRule, inMemoryAdmin } from '../../../test/support/in-memory-admin.ts'
import { cursorOf, positionOf } from './cursor.ts'
import { instant } from './instant.ts'

const { ask, anOperator } = await inMemoryAdmin(t)

type Entries = { data: Record<string, unknown>[]; nextCursor: string | null }

t.test('changes are listed newest first, of one operator and of all, for a deleted one too', async (t) => {
  const operatorId = await anOperator()
  await ask('POST', `/operators/${operatorId}/routing-rules`, { json: aRule(), as: 'babak' })
  await ask('PUT', `/operators/${operatorId}/tps-limit`, { json: { maxTps: 99 } })
  await ask('PUT', `/operators/${operatorId}/tps-limit`, { json: { maxTps: 99 } })
  await ask('DELETE', `/operators/${operatorId}`)
  const path = `/operators/${operatorId}/audit-log`
  const { status, body } = await ask('GET', path)
  t.equal(status, 200)
  const { data, nextCursor } = body as Entries
  t.same(
    data.map(({ action, actor, version }) => `${String(version)} ${String(action)} ${String(actor)}`),
    ['4 operator.delete amina', '3 tps-limit.update amina', '2 routing-rule.create babak', '1 operator.create amina'],
  )
  t.equal(nextCursor, null)
  t.match(data[1], { resource: { type: 'tps-limit', id: operatorId }, before: { maxTps: 10 }, after: { maxTps: 99 } })
  t.match(data[3], { before: null, after: { name: String, tpsLimit: { maxTps: 10 } }, sourceAddress: '127.0.0.1' })
  t.match(data[3], { auditId: String, at: /Z$/, requestId: String, traceId: /^[0-9a-f]{32}$/ })

  const walked: unknown[] = []
  for (let query: string | undefined = '?limit=1'; query !== undefined; ) {
    const page: Entries = (await ask('GET', `${path}${query}`)).body as Entries
    walked.push(...page.data)
    query = page.nextCursor === null ? undefined : `?limit=1&cursor=${page.nextCursor}`
  }
  t.same(walked, data)
  t.match((await ask('GET', '/audit-log?limit=2')).body, { data: data.slice(0, 2), nextCursor: String })
  t.match((await ask('GET', '/audit-log?actor=babak&action=routing-rule.create')).body, { data: [data[2]] })
  t.same((await ask('GET', `/audit-log?until=${String(data[3]?.at)}`)).body, { data: [], nextCursor: null })
  t.equal(
    ((await ask('GET', `${path}?from=${String(data[3]?.at)}&until=2100-01-01T00:00:00+04:30`)).body as Entries).data
      .length,
    4,
  )
  t.match(await ask('GET', '/operators/nobody/audit-log'), { status: 404, body: { code: 'OPERATOR_NOT_FOUND' } })
  t.match(await ask('GET', `/operators/${operatorId}/health-log`), {
    status: 200,
    body: { data: [], nextCursor: null },
  })
  t.equal((await ask('GET', '/operators/nobody/health-log')).status, 404)
})

t.test('what is no cursor, time, action or limit is 400 and named', async (t) => {
  const operatorId = await anOperator()
  const uuid = '3f0d8c1e-6a52-4b8e-9d0f-5b7a2c94e1d6'
  const good = cursorOf({ at: micros(1_700_000_000_000_001), id: uuid })
  t.equal((await ask('GET', `/audit-log?cursor=${good}`)).status, 200)
  const bad = [
    '',
    'x',
    `${good}A`,
    `${good}=`,
    cursorOf({ at: micros(1), id: '7' }),
    cursorOf({ at: micros(2 ** 53), id: uuid }),
  ]
  for (const cursor of bad) {
    t.match(
      await ask('GET', `/audit-log?cursor=${cursor}`),
      { status: 400, body: { errors: [{ path: 'cursor' }] } },
      cursor,
    )
  }
  const log = `/operators/${operatorId}/health-log`
  t.equal((await ask('GET', `${log}?cursor=${cursorOf({ at: micros(1), id: '7' })}`)).status, 200)
  for (const query of [`cursor=${good}`, 'from=yesterday', 'until=2026-02-30', 'limit=201', 'limit=0', 'actor=x']) {
    const [path] = query.split('=')
    t.match(await ask('GET', `${log}?${query}`), { status: 400, body: { errors: [{ path }] } }, query)
  }
  t.equal((await ask('GET', '/audit-log?action=operator.rename')).status, 400)
})

t.test('a cursor keeps microseconds', (t) => {
  const position = { at: micros(1_700_000_000_123_456), id: '42' }
  t.same(positionOf(cursorOf(position), /^\d+$/), position)
  t.end()
})

t.test('times are ISO 8601 with an offset, or days', (t) => {
  const iso = (raw: string) => instant(raw, 'from').toISOString()
  t.equal(iso('2026-01-31'), '2026-01-31T00:00:00.000Z')
  t.equal(iso('2026-01-31T23:59Z'), '2026-01-31T23:59:00.000Z')
  t.equal(iso('2026-01-31T23:59:59.999999Z'), '2026-01-31T23:59:59.999Z')
  t.equal(iso('2026-01-31T23:59:59+04:30'), '2026-01-31T19:29:59.000Z')
  t.equal(iso('2026-01-31T23:59:59 04:30'), '2026-01-31T19:29:59.000Z')
  t.equal(iso('0001-01-01'), '0001-01-01T00:00:00.000Z')
  t.equal(iso('9999-12-31'), '9999-12-31T00:00:00.000Z')
  for (const raw of [
    '',
    '2026',
    '2026-01',
    '2026-02-29',
    '2026-13-01',
    '2026-01-31T12:00:00',
    '2026-01-31T25:00Z',
    '2026-01-31T12:00:61Z',
    '1769860800',
    '+002026-01-01',
    '2026-01-31 12:00Z',
    '2026-01-31T12:00:00+99:00',
    '0000-12-31',
    '0001-01-01T00:00+00:01',
    '9999-12-31T23:59-00:01',
  ]) {
    t.throws(() => instant(raw, 'from'), { code: 'INVALID_PAYLOAD', errors: [{ path: 'from' }] }, raw)
  }
  t.end()
})
