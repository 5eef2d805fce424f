// Who changed what, what was seen, and the TPS limit, whose changes are told apart in it.
import { assertSound, createdOperator, expectStatus, footprint, startService, until, wireTo } from '@oms/testkit'
import { randomUUID } from 'node:crypto'
import t from 'tap'

const service = await startService(t)
const { admin, adminAs, events, report, sql } = service
const wire = await wireTo(service)

type Fields = Readonly<Record<string, unknown>>
type Entry = Fields & Readonly<{ auditId: string; action: string; version: number; operatorId: string; actor: string }>
type Page = Readonly<{ data: readonly Entry[]; nextCursor: string | null }>

const pageOf = async (path: string): Promise<Page> => expectStatus(await admin('GET', path), 200).body as Page

const historyOf = async (operatorId: string, query = '') =>
  (await pageOf(`/operators/${operatorId}/audit-log${query}`)).data

/** Every page of a list, one after the other. */
async function walk(path: string): Promise<readonly (readonly Fields[])[]> {
  const pages: (readonly Fields[])[] = []
  for (let cursor: string | null = ''; cursor !== null; ) {
    const page: Page = await pageOf(
      `${path}${path.includes('?') ? '&' : '?'}${cursor === '' ? '' : `cursor=${cursor}`}`,
    )
    pages.push(page.data)
    cursor = page.nextCursor
  }
  return pages
}

const putLimit = (operatorId: string, json: Fields, headers: Readonly<Record<string, string>> = {}) =>
  wire('PUT', `/v1/admin/operators/${operatorId}/tps-limit`, { json, headers })

t.test('a TPS limit is read and replaced whole, with the version of its operator', async (t) => {
  const { operatorId } = await createdOperator(admin, { tpsLimit: { maxTps: 50, burstMultiplier: 3 } })
  const read = await admin('GET', `/operators/${operatorId}/tps-limit`)
  t.same(read.body, { maxTps: 50, burstMultiplier: 3, burstWindowMs: 1_000, enforcementMode: 'HARD_REJECT' })
  t.equal(read.headers.get('etag'), '"1"')
  const put = expectStatus(await putLimit(operatorId, { maxTps: 80, enforcementMode: 'SOFT_THROTTLE' }), 200)
  t.same(put.body, { maxTps: 80, burstMultiplier: 1.5, burstWindowMs: 1_000, enforcementMode: 'SOFT_THROTTLE' })
  t.equal(put.headers.get('etag'), '"2"')
  t.same((await admin('GET', `/operators/${operatorId}`)).body.tpsLimit, put.body)
  const { payload } = await events.next('operator.config.updated.v1', operatorId)
  t.same(payload.changedFields, ['tpsLimit.maxTps', 'tpsLimit.burstMultiplier', 'tpsLimit.enforcementMode'])
  t.same(payload.previousValues, {
    'tpsLimit.maxTps': 50,
    'tpsLimit.burstMultiplier': 3,
    'tpsLimit.enforcementMode': 'HARD_REJECT',
  })
  const before = await footprint(service)
  t.equal((await putLimit(operatorId, put.body)).headers.get('etag'), '"2"', 'the same again is no change')
  t.equal((await putLimit(operatorId, { maxTps: 1 }, { 'if-match': '"1"' })).status, 412)
  t.equal((await putLimit(randomUUID(), { maxTps: 1 })).body.code, 'OPERATOR_NOT_FOUND')
  const bad: readonly (readonly [string, Fields])[] = [
    ['maxTps', {}],
    ['maxTps', { maxTps: 0 }],
    ['maxTps', { maxTps: 1_000_001 }],
    ['burstMultiplier', { maxTps: 1, burstMultiplier: 0.99 }],
    ['burstMultiplier', { maxTps: 1, burstMultiplier: 1.001 }],
    ['burstWindowMs', { maxTps: 1, burstWindowMs: 99 }],
    ['enforcementMode', { maxTps: 1, enforcementMode: 'hard' }],
    ['unlimited', { maxTps: 1, unlimited: true }],
  ]
  for (const [path, body] of bad)
    t.match(await putLimit(operatorId, body), { status: 400, body: { errors: [{ path }] } }, JSON.stringify(body))
  t.same(await footprint(service), before)
  t.match(await putLimit(operatorId, { maxTps: 9 }, { 'if-match': '"2"' }), { status: 200, body: { maxTps: 9 } })
})

t.test('every write of the admin API is one entry that says who, when, what and from where', async (t) => {
  const requestId = `request-${randomUUID()}`
  const traceId = randomUUID().replaceAll('-', '')
  const headers = {
    'x-request-id': requestId,
    traceparent: `00-${traceId}-00f067aa0ba902b7-01`,
    'x-forwarded-for': '203.0.113.9',
  }
  const send = async (method: string, path: string, json?: Fields, more: Record<string, string> = {}) => {
    const asked = { ...(json === undefined ? {} : { json }), headers: { ...headers, ...more } }
    const answer = await wire(method, `/v1/admin${path}`, asked)
    t.ok(answer.status < 300, `${method} ${path} ${answer.status} ${answer.text}`)
    return answer.body
  }
  const { operatorId } = await createdOperator(admin)
  const at = `/operators/${operatorId}`
  const rule = { prefix: '+93', costPerSegment: '1' }
  await send('PATCH', at, { notes: 'changed', password: 'audit-pw' })
  await send('PUT', `${at}/tps-limit`, { maxTps: 7 })
  const { ruleId } = await send('POST', `${at}/routing-rules`, rule)
  await send('PATCH', `${at}/routing-rules/${String(ruleId)}`, { weight: 5 })
  await send('DELETE', `${at}/routing-rules/${String(ruleId)}`)
  await send('POST', `${at}/routing-rules:bulk`, { rules: [rule] })
  // What a hop that is believed was told need not be an address.
  await send('DELETE', at, undefined, { 'x-forwarded-for': 'unknown, 10.1.2.3' })

  const entries = (await historyOf(operatorId)).toReversed()
  t.same(
    entries.map(({ version, action, resource }) => [version, action, (resource as Fields).type]),
    [
      [1, 'operator.create', 'operator'],
      [2, 'operator.update', 'operator'],
      [3, 'tps-limit.update', 'tps-limit'],
      [4, 'routing-rule.create', 'routing-rule'],
      [5, 'routing-rule.update', 'routing-rule'],
      [6, 'routing-rule.delete', 'routing-rule'],
      [7, 'routing-rules.create', 'routing-rules'],
      [8, 'operator.delete', 'operator'],
    ],
  )
  for (const entry of entries.slice(1)) t.match(entry, { operatorId, actor: 'test-admin', requestId, traceId })
  for (const entry of entries.slice(1, 7)) t.equal(entry.sourceAddress, '203.0.113.9')
  t.equal(entries[7]?.sourceAddress, '10.1.2.3')
  t.match(entries[1], {
    before: { notes: null, credentialsVersion: 1 },
    after: { notes: 'changed', credentialsVersion: 2 },
  })
  t.match(entries[2], { before: { maxTps: 100 }, after: { maxTps: 7 } })
  t.match(entries[4], { before: { ruleId, weight: 100 }, after: { ruleId, weight: 5 } })
  t.match(entries[5], { before: { ruleId, prefix: '+93' }, after: null })
  t.match(entries[6], { before: null, after: { routingRules: [{ prefix: '+93' }] } })
  t.notMatch(JSON.stringify(entries), /audit-pw/)

  const told = await until('the history to be told', async () => {
    const found = (await events.stored('OPS_AUDIT')).filter(({ payload }) => payload.operatorId === operatorId)
    return found.length >= entries.length ? found : undefined
  })
  t.same(
    told.map(({ payload: { schemaVersion, eventId, ...rest }, messageId }) => {
      t.equal(schemaVersion, '1')
      t.equal(eventId, messageId)
      return { ...rest, auditId: eventId }
    }),
    entries,
    'the same, as events in version order',
  )
})

t.test('a refusal leaves no entry', async (t) => {
  const { operatorId, host, systemId } = await createdOperator(admin)
  const rule = { prefix: '+93', costPerSegment: '1' }
  expectStatus(await admin('POST', `/operators/${operatorId}/routing-rules`, rule), 201)
  const before = await footprint(service)
  const refused = [
    await admin('POST', '/operators', { name: 'x' }),
    await admin('POST', '/operators', {
      name: `Other ${randomUUID()}`,
      host,
      port: 2775,
      systemId,
      bindType: 'TRANSCEIVER',
      password: 'x',
      tpsLimit: { maxTps: 1 },
    }),
    await admin('PATCH', `/operators/${operatorId}`, { status: 'SUSPENDED' }),
    await admin('POST', `/operators/${operatorId}/routing-rules`, rule),
    await admin('POST', `/operators/${operatorId}/routing-rules:bulk`, { rules: [rule] }),
    await admin('DELETE', `/operators/${operatorId}/routing-rules/${randomUUID()}`),
    await admin('DELETE', `/operators/${randomUUID()}`),
    await (await adminAs({ scope: 'ops:read' }))('DELETE', `/operators/${operatorId}`),
    await putLimit(operatorId, { maxTps: 1 }, { 'if-match': '"99"' }),
  ]
  t.ok(refused.every(({ status }) => status >= 400))
  t.same(await footprint(service), before)
})

t.test('history is read over all and per operator, filtered and page by page, each entry once', async (t) => {
  const other = await adminAs({ subject: 'zahra' })
  const [one, two] = [await createdOperator(admin), await createdOperator(other)]
  for (let change = 1; change <= 7; change += 1) {
    await admin('PATCH', `/operators/${one.operatorId}`, { notes: `note ${change}` })
    await other('PATCH', `/operators/${two.operatorId}`, { notes: `note ${change}` })
  }
  const pages = await walk(`/operators/${one.operatorId}/audit-log?limit=3`)
  t.same(
    pages.map((page) => page.map(({ version }) => version)),
    [
      [8, 7, 6],
      [5, 4, 3],
      [2, 1],
    ],
  )
  const all = (await walk('/audit-log?limit=5')).flat()
  t.equal(new Set(all.map(({ auditId }) => auditId)).size, all.length)
  const [rows] = await sql`SELECT count(*)::integer AS entries FROM ops.admin_audit_log`
  t.equal(all.length, rows?.entries)
  t.same(
    all.map(({ at }) => at),
    all
      .map(({ at }) => at)
      .toSorted()
      .toReversed(),
    'newest first',
  )

  const zahras = (await walk('/audit-log?actor=zahra&limit=100')).flat()
  t.same(new Set(zahras.map(({ operatorId }) => operatorId)), new Set([two.operatorId]))
  t.equal(zahras.length, 8)
  t.same(
    (await historyOf(two.operatorId, '?action=operator.create')).map(({ version }) => version),
    [1],
  )
  const middle = String(all.find(({ operatorId, version }) => operatorId === one.operatorId && version === 4)?.at)
  const since = (await historyOf(one.operatorId, `?from=${middle}`)).map(({ version }) => version)
  const until = (await historyOf(one.operatorId, `?until=${middle}`)).map(({ version }) => version)
  t.same([...since, ...until], [8, 7, 6, 5, 4, 3, 2, 1], 'from is included, until is not')
  t.ok(since.includes(4))
})

t.test('a page that cannot be is refused by the name of its parameter', async (t) => {
  const { operatorId } = await createdOperator(admin)
  const bad: readonly (readonly [string, string])[] = [
    ['limit', 'limit=201'],
    ['limit', 'limit=0'],
    ['cursor', 'cursor=nonsense'],
    ['cursor', `cursor=${Buffer.from('{"at":"x"}').toString('base64url')}`],
    ['from', 'from=yesterday'],
    ['until', 'until=2026-13-01T00:00:00.000Z'],
    ['from', 'from=0000-01-01'],
    ['until', 'until=9999-12-31T23:59-14:00'],
    ['before', 'before=x'],
  ]
  for (const path of ['/audit-log', `/operators/${operatorId}/audit-log`, `/operators/${operatorId}/health-log`])
    for (const [parameter, query] of bad)
      t.match(await admin('GET', `${path}?${query}`), { status: 400, body: { errors: [{ path: parameter }] } }, query)
  t.match(await admin('GET', '/audit-log?action=operator.read'), {
    status: 400,
    body: { errors: [{ path: 'action' }] },
  })
})

t.test('the log of health is read page by page, newest first, of a deleted operator too', async (t) => {
  const { operatorId } = await createdOperator(admin)
  const states = ['BOUND', 'UNBOUND', 'BOUND', 'UNBOUND', 'BOUND'] as const
  for (const [index, bindState] of states.entries()) {
    await report({
      operatorId,
      bindState,
      errorRate: 0,
      ...(bindState === 'UNBOUND' ? { bindError: 'ESME_RBINDFAIL' } : {}),
    })
    await until(`transition ${index + 1}`, async () => {
      const rows = await sql`SELECT FROM ops.operator_health_log WHERE operator_id = ${operatorId}`
      return rows.length > index ? true : undefined
    })
  }
  expectStatus(await admin('DELETE', `/operators/${operatorId}`), 204)
  const pages = await walk(`/operators/${operatorId}/health-log?limit=2`)
  t.match(pages, [
    [
      { transition: 5, previousState: 'UNHEALTHY', newState: 'HEALTHY', operatorId, errorRate: 0, bindState: 'BOUND' },
      { transition: 4, previousState: 'HEALTHY', newState: 'UNHEALTHY', bindError: 'ESME_RBINDFAIL' },
    ],
    [{ transition: 3 }, { transition: 2 }],
    [{ transition: 1, previousState: 'UNKNOWN', bindError: null }],
  ])
  t.match(pages[0]?.[0]?.at, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
  t.match(await historyOf(operatorId), [{ action: 'operator.delete' }, { action: 'operator.create' }])
  for (const log of ['audit-log', 'health-log'])
    for (const id of [randomUUID(), 'not an id'])
      t.match(await admin('GET', `/operators/${id}/${log}`), { status: 404, body: { code: 'OPERATOR_NOT_FOUND' } })
})

t.test('the service itself cannot change its history', async (t) => {
  for (const statement of [
    `UPDATE ops.admin_audit_log SET actor = 'nobody'`,
    'DELETE FROM ops.admin_audit_log',
    'TRUNCATE ops.admin_audit_log',
  ]) {
    const trying = sql.begin(async (tx) => {
      await tx.unsafe('SET LOCAL ROLE ops_runtime')
      await tx.unsafe(statement)
    })
    await t.rejects(trying, { code: '42501' }, statement)
  }
})

t.test('all parts agree', () => assertSound(service))
