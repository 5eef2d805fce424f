// What is made of the rules: bulks of them, the table of prefixes, the preview of a route.
import { assertSound, createdOperator, expectStatus, footprint, startService, until, wireTo } from '@oms/testkit'
import { randomUUID } from 'node:crypto'
import t from 'tap'

const service = await startService(t, { apps: { 'admin-api': 1, 'internal-api': 1, 'health-ingestor': 1 } })
const { admin, adminAs, events, report, sql } = service
const wire = await wireTo(service)

type Fields = Readonly<Record<string, unknown>>

const aRule = (prefix: string, fields: Fields = {}): Fields => ({ prefix, costPerSegment: '0.01', ...fields })

const anOperatorId = async (fields: Fields = {}): Promise<string> => (await createdOperator(admin, fields)).operatorId

const bulk = (operatorId: string, rules: readonly Fields[], query = '') =>
  admin('POST', `/operators/${operatorId}/routing-rules:bulk${query}`, { rules })

const created = async (operatorId: string, prefix: string, fields: Fields = {}): Promise<string> => {
  const answer = await admin('POST', `/operators/${operatorId}/routing-rules`, aRule(prefix, fields))
  return String(expectStatus(answer, 201).body.ruleId)
}

const activate = async (operatorId: string) =>
  expectStatus(await admin('PATCH', `/operators/${operatorId}`, { status: 'ACTIVE' }), 200)

const configEvents = async (operatorId: string) =>
  (await events.stored('OPERATOR_CONFIG')).filter(({ payload }) => payload.operatorId === operatorId)

const configEvent = (operatorId: string, version: number) =>
  until(`event ${version}`, async () =>
    (await configEvents(operatorId)).find(({ payload }) => payload.version === version),
  )

t.test('a bulk of five thousand is one version, one event that tells their number, one row of history', async (t) => {
  const operatorId = await anOperatorId()
  const before = await footprint(service)
  const rules = Array.from({ length: 5_000 }, (_, index) => aRule(`+1${String(index).padStart(4, '0')}`))
  const { body, headers } = expectStatus(await bulk(operatorId, rules), 201)
  t.match(body, { operatorId, version: 2, created: 5_000 })
  t.equal(headers.get('etag'), '"2"')
  const ids = body.ruleIds as readonly string[]
  t.equal(new Set(ids).size, 5_000)
  t.match(await admin('GET', `/operators/${operatorId}/routing-rules/${ids[4_321] ?? ''}`), {
    body: { prefix: '+14321' },
  })
  t.same(await footprint(service), {
    ...before,
    versions: before.versions + 1,
    history: before.history + 1,
    events: before.events + 1,
  })
  t.match((await configEvent(operatorId, 2)).payload, {
    previousValues: { routingRules: [] },
    newValues: { routingRules: { count: 5_000, truncated: true } },
  })
  const [row] = await sql`SELECT action, resource_type, jsonb_array_length(after->'routingRules') AS rules
    FROM ops.admin_audit_log WHERE operator_id = ${operatorId} AND version = 2`
  t.same(row, { action: 'routing-rules.create', resource_type: 'routing-rules', rules: 5_000 })
  t.match(await admin('GET', `/operators/${operatorId}/audit-log`), {
    body: { data: [{ version: 2, after: { routingRules: { count: 5_000, truncated: true } } }, { version: 1 }] },
  })
  t.match(await admin('GET', `/operators/${operatorId}/routing-rules?limit=2&page=2500&sort=-prefix`), {
    body: { data: [{ prefix: '+10001' }, { prefix: '+10000' }], meta: { total: 5_000, page: 2_500, limit: 2 } },
  })
})

t.test('above a hundred rules an event tells their number, below it lists them', async (t) => {
  const operatorId = await anOperatorId()
  const prefixes = Array.from({ length: 100 }, (_, index) => `+2${String(index).padStart(2, '0')}`)
  await bulk(
    operatorId,
    prefixes.map((prefix) => aRule(prefix)),
  )
  const last = await created(operatorId, '+3')
  expectStatus(await admin('DELETE', `/operators/${operatorId}/routing-rules/${last}`), 204)
  const counts = async (version: number) => {
    const { previousValues, newValues } = (await configEvent(operatorId, version)).payload as Record<
      string,
      { routingRules: readonly unknown[] | { count: number } }
    >
    return [previousValues, newValues].map((side) => {
      const rules = side?.routingRules
      return Array.isArray(rules) ? rules.length : rules
    })
  }
  t.same(await counts(2), [0, 100])
  t.same(await counts(3), [100, { count: 101, truncated: true }])
  t.same(await counts(4), [{ count: 101, truncated: true }, 100])
})

t.test('a bulk says which rows fail and why, and writes none', async (t) => {
  const operatorId = await anOperatorId()
  const there = await created(operatorId, '+9370')
  const before = await footprint(service)
  const invalid = await bulk(operatorId, [aRule('+1'), aRule('02'), aRule('+3', { currency: 'ZZZ' }), { prefix: '+4' }])
  t.match(expectStatus(invalid, 400).body, { code: 'INVALID_PAYLOAD' })
  const tooMuch = Array.from({ length: 5_001 }, (_, index) => aRule(`+1${String(index).padStart(5, '0')}`))
  for (const rules of [[], tooMuch]) {
    t.match(expectStatus(await bulk(operatorId, rules), 400).body, { errors: [{ path: 'rules' }] })
  }
  const rows = [aRule('+1'), aRule('+93'), aRule('+2'), aRule('+15'), aRule('+2', { mcc: '412' }), aRule('+7')]
  for (const query of ['', '?dryRun=true']) {
    const { body } = expectStatus(await bulk(operatorId, rows, query), 409)
    t.equal(body.code, 'PREFIX_CONFLICT')
    t.same(
      (body.conflicts as { row: number }[]).toSorted((a, b) => a.row - b.row),
      [
        { row: 1, ruleId: there, prefix: '+9370', mcc: null, mnc: null, relation: 'SHADOWED_BY' },
        { row: 3, withRow: 0, ruleId: null, prefix: '+1', mcc: null, mnc: null, relation: 'SHADOWS' },
        { row: 4, withRow: 2, ruleId: null, prefix: '+2', mcc: null, mnc: null, relation: 'EQUAL' },
      ],
    )
  }
  t.same(await footprint(service), before)
})

t.test('each row of a bulk that is not valid is named', async (t) => {
  const operatorId = await anOperatorId()
  const { body } = expectStatus(
    await bulk(operatorId, [aRule('+1'), aRule('02'), aRule('+3', { weight: 0 }), { prefix: '+4' }]),
    400,
  )
  const paths = (body.errors as { path: string }[]).map(({ path }) => path)
  t.same(paths.toSorted(), ['rules.1.prefix', 'rules.2.weight', 'rules.3.costPerSegment'])
  const later = expectStatus(
    await bulk(operatorId, [aRule('+1', { currency: 'ZZZ' }), aRule('+2'), aRule('+3', { mnc: '01' })]),
    400,
  )
  t.same(
    (later.body.errors as { path: string }[]).map(({ path }) => path),
    ['rules.0.currency', 'rules.2.mnc'],
  )
})

t.test('a dry run of a bulk answers as the bulk would, and writes nothing', async (t) => {
  const operatorId = await anOperatorId()
  const before = await footprint(service)
  const rules = [aRule('+1'), aRule('+2')]
  t.match(expectStatus(await bulk(operatorId, rules, '?dryRun=true'), 200).body, { operatorId, version: 1 })
  t.same(await footprint(service), before)
  t.match(await bulk(randomUUID(), rules, '?dryRun=true'), { status: 404, body: { code: 'OPERATOR_NOT_FOUND' } })
  expectStatus(await bulk(operatorId, rules), 201)
})

t.test('of two bulks that overlap in one row, one stands whole and the other not at all', async (t) => {
  const operatorId = await anOperatorId()
  const rows = (first: number) => Array.from({ length: 50 }, (_, index) => aRule(`+5${first + index}`))
  const answers = await Promise.all([bulk(operatorId, rows(100)), bulk(operatorId, rows(149))])
  t.same(answers.map(({ status }) => status).toSorted(), [201, 409])
  t.match(await admin('GET', `/operators/${operatorId}/routing-rules`), { body: { meta: { total: 50 } } })
})

t.test('the table of prefixes holds active rules of live operators, and finds those that a number has', async (t) => {
  const [one, other] = [await anOperatorId(), await anOperatorId()]
  const long = await created(one, '+8880123', { allowNested: true, mcc: '412', mnc: '01' })
  const short = await created(one, '+888')
  const foreign = await created(other, '+88801')
  const asleep = await created(other, '+88', { active: false })
  const found = async (query: string) => {
    const { body } = expectStatus(await admin('GET', `/destination-prefixes?${query}`), 200)
    return (body.data as { ruleId: string }[]).map(({ ruleId }) => ruleId)
  }
  t.same(await found('covers=%2B88801234567'), [short, foreign, long])
  t.same(await found('covers=+88801234567'), [short, foreign, long], 'an unescaped plus')
  t.same(await found('covers=%2B8880'), [short], 'padding makes no number longer')
  t.same(await found(`covers=%2B88801234567&operatorId=${other}`), [foreign])
  t.same(await found(`operatorId=${one}`), [short, long])
  t.match(await admin('GET', `/destination-prefixes?operatorId=${one}&page=2&limit=1`), {
    body: {
      data: [
        {
          ruleId: long,
          operatorId: one,
          prefix: '+8880123',
          mcc: '412',
          mnc: '01',
          rangeStart: '888012300000000',
          rangeEnd: '888012399999999',
        },
      ],
      meta: { total: 2, page: 2, limit: 1 },
    },
  })
  expectStatus(
    await admin('PATCH', `/operators/${other}/routing-rules/${asleep}`, { active: true, allowNested: true }),
    200,
  )
  t.same(await found('covers=%2B8880'), [asleep, short])
  expectStatus(await admin('DELETE', `/operators/${other}`), 204)
  t.same(await found('covers=%2B88801234567'), [short, long])
  t.equal((await sql`SELECT FROM ops.routing_rules WHERE operator_id = ${other}`).length, 2, 'the rules stay as rows')
  for (const covers of ['888', '%2B0', 'x', '%2B1234567890123456']) {
    t.match(await admin('GET', `/destination-prefixes?covers=${covers}`), {
      status: 400,
      body: { errors: [{ path: 'covers' }] },
    })
  }
})

const healthy = async (operatorId: string, facts: Fields = {}) => {
  await report({ operatorId, bindState: 'BOUND', errorRate: 0, ...facts })
  const expected = facts.bindState === 'UNBOUND' ? 'UNHEALTHY' : 'HEALTHY'
  await until(`${operatorId} to be ${expected}`, async () => {
    const { body } = await admin('GET', `/operators/${operatorId}`)
    return body.healthState === expected ? true : undefined
  })
}

t.test('a preview ranks the candidates, and says what put each behind and why others are lost', async (t) => {
  const names = ['best', 'dear', 'unknown', 'unhealthy', 'inactive'] as const
  const ids = Object.fromEntries(
    await Promise.all(names.map(async (name) => [name, await anOperatorId()] as const)),
  ) as Record<(typeof names)[number], string>
  const rules = {
    best: await created(ids.best, '+77701'),
    dear: await created(ids.dear, '+77701', { costPerSegment: '0.02' }),
    unknown: await created(ids.unknown, '+77701', { priority: 0 }),
    short: await created(ids.best, '+777', { allowNested: true, priority: 0 }),
    network: await created(ids.dear, '+777', { allowNested: true, mcc: '401', mnc: '01' }),
    unhealthy: await created(ids.unhealthy, '+77701'),
    inactive: await created(ids.inactive, '+77701'),
    asleep: await created(ids.unknown, '+7770', { active: false }),
  }
  await Promise.all([ids.best, ids.dear, ids.unknown, ids.unhealthy].map(activate))
  await Promise.all([
    healthy(ids.best),
    healthy(ids.dear),
    healthy(ids.unhealthy, { bindState: 'UNBOUND', bindError: 'ESME_RBINDFAIL' }),
  ])
  const preview = async (query: string) =>
    expectStatus(await admin('GET', `/routing/preview?${query}`), 200).body as Readonly<{
      to: string
      candidates: readonly Fields[]
      lost: readonly Fields[]
    }>
  const { to, candidates, lost } = await preview('to=%2B77701234567')
  t.equal(to, '+77701234567')
  t.same(
    candidates.map(({ rank, ruleId, behindBecause }) => [rank, ruleId, behindBecause]),
    [
      [1, rules.best, null],
      [2, rules.dear, 'COST'],
      [3, rules.unknown, 'HEALTH'],
      [4, rules.short, 'PREFIX_LENGTH'],
    ],
  )
  t.match(candidates[0], {
    operatorId: ids.best,
    prefix: '+77701',
    healthState: 'HEALTHY',
    healthStale: false,
    costPerSegment: '0.010000',
    currency: 'USD',
  })
  const reasons = (of: readonly Fields[]) => Object.fromEntries(of.map(({ ruleId, reason }) => [ruleId, reason]))
  t.same(reasons(lost), {
    [rules.unhealthy]: 'OPERATOR_UNHEALTHY',
    [rules.inactive]: 'OPERATOR_NOT_ACTIVE',
    [rules.asleep]: 'RULE_INACTIVE',
    [rules.network]: 'PLMN_NOT_GIVEN',
  })
  const given = await preview('to=%2B7772&mcc=401&mnc=01')
  t.same(
    given.candidates.map(({ ruleId, behindBecause }) => [ruleId, behindBecause]),
    [
      [rules.network, null],
      [rules.short, 'PLMN_SPECIFICITY'],
    ],
  )
  t.same(reasons((await preview('to=%2B7772&mcc=401&mnc=001')).lost), { [rules.network]: 'PLMN_MISMATCH' })
  t.same(reasons((await preview('to=%2B7772&mcc=401')).lost), { [rules.network]: 'PLMN_NOT_GIVEN' })
  t.same(await preview('to=%2B61'), { to: '+61', candidates: [], lost: [], lostTruncated: false })
})

t.test('a preview of what is no number or no network names the field', async (t) => {
  const bad: readonly (readonly [string, string])[] = [
    ['to', ''],
    ['to', 'to=777'],
    ['to', 'to=%2B1234567890123456'],
    ['mnc', 'to=%2B777&mnc=01'],
    ['mcc', 'to=%2B777&mcc=4'],
    ['mnc', 'to=%2B777&mcc=401&mnc=1'],
    ['from', 'to=%2B777&from=x'],
  ]
  for (const [path, query] of bad)
    t.match(await admin('GET', `/routing/preview?${query}`), { status: 400, body: { errors: [{ path }] } }, query)
})

t.test('who may only read may look at all of it and change none', async (t) => {
  const operatorId = await anOperatorId()
  const reader = await adminAs({ scope: 'ops:read' })
  const path = `/operators/${operatorId}/routing-rules`
  for (const at of [path, '/destination-prefixes', '/routing/preview?to=%2B1', `/operators/${operatorId}/tps-limit`])
    t.equal((await reader('GET', at)).status, 200, at)
  t.equal((await reader('POST', path, aRule('+1'))).status, 403)
  t.equal((await reader('POST', `${path}:bulk`, { rules: [aRule('+1')] })).status, 403)
  t.equal((await reader('PUT', `/operators/${operatorId}/tps-limit`, { maxTps: 1 })).status, 403)
})

t.test('a bulk may have five MiB, other bodies one', async (t) => {
  const operatorId = await anOperatorId()
  const long = (octets: number) => JSON.stringify({ rules: [aRule('+1')], padding: 'x'.repeat(octets) })
  const path = `/v1/admin/operators/${operatorId}/routing-rules`
  const sent = (to: string, octets: number) =>
    wire('POST', to, { body: long(octets), headers: { 'content-type': 'application/json' } })
  t.equal((await sent(`${path}:bulk`, 4 * 1024 * 1024)).status, 400, 'read, and refused for its unknown field')
  t.equal((await sent(`${path}:bulk`, 6 * 1024 * 1024)).status, 413)
  t.equal((await sent(path, 2 * 1024 * 1024)).status, 413)
})

t.test('all parts agree', () => assertSound(service))
