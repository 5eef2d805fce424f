import {
  type Answer,
  assertSound,
  createdOperator,
  expectStatus,
  footprint,
  startService,
  type WireAnswer,
  wireTo,
} from '@oms/testkit'
import { randomUUID } from 'node:crypto'
import t from 'tap'

const service = await startService(t, { apps: { 'admin-api': 1, 'internal-api': 1 } })
const { admin, events, peer, sql } = service
const wire = await wireTo(service)

type Fields = Readonly<Record<string, unknown>>

const aRule = (fields: Fields = {}): Record<string, unknown> => ({
  prefix: '+9370',
  costPerSegment: '0.0042',
  ...fields,
})

const anOperatorId = async (): Promise<string> => (await createdOperator(admin)).operatorId

const rulesOf = (operatorId: string) => `/operators/${operatorId}/routing-rules`

const create = (operatorId: string, fields: Fields = {}): Promise<Answer> =>
  admin('POST', rulesOf(operatorId), aRule(fields))

const created = async (operatorId: string, fields: Fields = {}) =>
  expectStatus(await create(operatorId, fields), 201).body as Answer['body'] & Readonly<{ ruleId: string }>

const versionOf = async (operatorId: string) => (await admin('GET', `/operators/${operatorId}`)).body.version

const at = (method: string, path: string, json: Fields | undefined, headers: Readonly<Record<string, string>>) =>
  wire(method, `/v1/admin${path}`, { ...(json === undefined ? {} : { json }), headers })

const updates = async (operatorId: string, version: number): Promise<Fields> => {
  const told = await events.stored('OPERATOR_CONFIG')
  const found = told.find(({ payload }) => payload.operatorId === operatorId && payload.version === version)
  if (found !== undefined) return found.payload
  await events.next('operator.config.updated.v1', operatorId)
  return updates(operatorId, version)
}

t.test('US-OPS-05 AC1: a rule is created, with what is not said at its default', async (t) => {
  const operatorId = await anOperatorId()
  const { body, headers } = expectStatus(await create(operatorId), 201)
  const ruleId = String(body.ruleId)
  t.match(ruleId, /^[0-9a-f-]{36}$/)
  const { createdAt, updatedAt, ...rest } = body
  t.same(rest, {
    ruleId,
    operatorId,
    prefix: '+9370',
    mcc: null,
    mnc: null,
    priority: 10,
    weight: 100,
    costPerSegment: '0.004200',
    currency: 'USD',
    active: true,
    allowNested: false,
    createdBy: 'test-admin',
    updatedBy: 'test-admin',
  })
  t.match(createdAt, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
  t.equal(createdAt, updatedAt)
  t.equal(headers.get('location'), `/v1/admin${rulesOf(operatorId)}/${ruleId}`)
  t.equal(headers.get('etag'), '"2"', "the operator's version")
  t.same((await admin('GET', `${rulesOf(operatorId)}/${ruleId}`)).body, body)
  t.match(await admin('GET', `/operators/${operatorId}`), { body: { version: 2, updatedBy: 'test-admin' } })
})

t.test('money keeps every digit, as text and as a number that a double holds', async (t) => {
  const operatorId = await anOperatorId()
  const costs = [
    ['999999999999.999999', '999999999999.999999'],
    ['0', '0.000000'],
    [0.1, '0.100000'],
    [12345678.123456, '12345678.123456'],
  ] as const
  for (const [index, [given, kept]] of costs.entries()) {
    t.equal((await created(operatorId, { prefix: `+1${index}`, costPerSegment: given })).costPerSegment, kept)
  }
  for (const refused of ['0.0000001', '1000000000000', '-1', '1e3', '', 0.0000001, -1, 1e12, true, null]) {
    const { body } = expectStatus(await create(operatorId, { prefix: '+29', costPerSegment: refused }), 400)
    t.match(body, { code: 'INVALID_PAYLOAD', errors: [{ path: 'costPerSegment' }] }, String(refused))
  }
})

t.test('each field that is not valid is named, and nothing is written', async (t) => {
  const operatorId = await anOperatorId()
  const before = await footprint(service)
  const bad: readonly (readonly [string, Fields])[] = [
    ['prefix', { prefix: '9370' }],
    ['prefix', { prefix: '+0370' }],
    ['prefix', { prefix: '+1234567890123456' }],
    ['mcc', { mcc: '41' }],
    ['mnc', { mcc: '412', mnc: '1' }],
    ['mnc', { mnc: '01' }],
    ['priority', { priority: 1001 }],
    ['priority', { priority: 1.5 }],
    ['weight', { weight: 0 }],
    ['currency', { currency: 'ZZZ' }],
    ['currency', { currency: 'usd' }],
    ['active', { active: 'yes' }],
    ['ruleId', { ruleId: randomUUID() }],
  ]
  for (const [path, fields] of bad) {
    const { body } = expectStatus(await create(operatorId, fields), 400)
    t.match(body, { code: 'INVALID_PAYLOAD', errors: [{ path }] }, JSON.stringify(fields))
  }
  t.same(await footprint(service), before)
})

const PLMN_CASES: readonly (readonly [string, Fields, Fields, string | undefined])[] = [
  ['(+9370, any) against (+9370, 412/01)', {}, { mcc: '412', mnc: '01' }, 'EQUAL'],
  ['(412) against (412/01)', { mcc: '412' }, { mcc: '412', mnc: '01' }, 'EQUAL'],
  ['01 against 001', { mcc: '412', mnc: '01' }, { mcc: '412', mnc: '001' }, undefined],
  ['412/01 against 412/02', { mcc: '412', mnc: '01' }, { mcc: '412', mnc: '02' }, undefined],
  ['412 against 413', { mcc: '412' }, { mcc: '413' }, undefined],
  ['nested, neither allows it', { prefix: '+93' }, {}, 'SHADOWS'],
  ['nested the other way, neither allows it', {}, { prefix: '+93' }, 'SHADOWED_BY'],
  ['nested, the outer allows it', { prefix: '+93', allowNested: true }, {}, undefined],
  ['nested, the inner allows it', { prefix: '+93' }, { allowNested: true }, undefined],
  ['nested in other networks', { prefix: '+93', mcc: '412' }, { mcc: '413' }, undefined],
  ['equal, both allow nesting', { allowNested: true }, { allowNested: true }, 'EQUAL'],
  ['equal, but the first is not active', { active: false }, {}, undefined],
  ['beside each other', { prefix: '+9371' }, {}, undefined],
]

for (const [name, first, second, relation] of PLMN_CASES) {
  t.test(`US-OPS-05 AC2: ${name}: ${relation ?? 'no conflict'}`, async (t) => {
    const operatorId = await anOperatorId()
    const { ruleId, prefix, mcc, mnc } = await created(operatorId, first)
    const before = await footprint(service)
    const { status, body, headers } = await create(operatorId, second)
    if (relation === undefined) {
      t.equal(status, 201)
      return
    }
    t.match(headers.get('content-type'), /^application\/problem\+json/)
    t.match({ status, body }, { status: 409, body: { code: 'PREFIX_CONFLICT', status: 409 } })
    t.same(body.conflicts, [{ ruleId, prefix, mcc, mnc, relation }])
    t.same(await footprint(service), before)
    t.equal((await create(await anOperatorId(), second)).status, 201, 'rules of other operators are not in the way')
  })
}

t.test('US-OPS-05 AC2: every rule in the way is listed', async (t) => {
  const operatorId = await anOperatorId()
  const inside = await Promise.all(['+9370', '+9371', '+9372'].map((prefix) => created(operatorId, { prefix })))
  await created(operatorId, { prefix: '+9373', active: false })
  const { body } = expectStatus(await create(operatorId, { prefix: '+93' }), 409)
  const listed = (body.conflicts as { ruleId: string; relation: string }[]).map((one) => [one.ruleId, one.relation])
  t.same(listed.toSorted(), inside.map(({ ruleId }) => [ruleId, 'SHADOWED_BY']).toSorted())
})

t.test('US-OPS-05 AC3: a patch changes what it names; the same values again leave no trace', async (t) => {
  const operatorId = await anOperatorId()
  const rule = await created(operatorId)
  const path = `${rulesOf(operatorId)}/${rule.ruleId}`
  const patch = {
    priority: 1,
    weight: 7,
    costPerSegment: '1.5',
    currency: 'AFN',
    mcc: '412',
    mnc: '01',
    active: false,
    allowNested: true,
  }
  const { body, headers } = expectStatus(await admin('PATCH', path, patch), 200)
  t.match(body, { ...patch, costPerSegment: '1.500000', prefix: '+9370', createdAt: rule.createdAt })
  t.equal(headers.get('etag'), '"3"')
  const before = await footprint(service)
  t.same(expectStatus(await admin('PATCH', path, patch), 200).body, body)
  t.same(await footprint(service), before)
  t.match(expectStatus(await admin('PATCH', path, { mcc: null, mnc: null }), 200).body, { mcc: null, mnc: null })
  expectStatus(await admin('PATCH', path, { mcc: '412', mnc: '01' }), 200)
  for (const [at, wrong] of Object.entries({
    mnc: { mcc: null },
    prefix: { prefix: '+1' },
    priority: { priority: null },
  })) {
    t.match(expectStatus(await admin('PATCH', path, wrong), 400).body, { errors: [{ path: at }] })
  }
})

t.test('US-OPS-05 AC3: a patch that would bring an overlap is refused, and takes nothing', async (t) => {
  const operatorId = await anOperatorId()
  const outer = await created(operatorId, { prefix: '+93', allowNested: true })
  const inner = await created(operatorId)
  const asleep = await created(operatorId, { active: false })
  const before = await footprint(service)
  const refused = async (ruleId: string, patch: Fields, conflict: Fields) =>
    t.match(expectStatus(await admin('PATCH', `${rulesOf(operatorId)}/${ruleId}`, patch), 409).body, {
      code: 'PREFIX_CONFLICT',
      conflicts: [conflict],
    })
  await refused(outer.ruleId, { allowNested: false, priority: 3 }, { ruleId: inner.ruleId, relation: 'SHADOWED_BY' })
  await refused(asleep.ruleId, { active: true, mcc: '412' }, { ruleId: inner.ruleId, relation: 'EQUAL' })
  t.same(await footprint(service), before)
})

t.test('US-OPS-05 AC4: a deleted rule is gone, its prefix free, and only history knows it', async (t) => {
  const operatorId = await anOperatorId()
  const { ruleId } = await created(operatorId)
  const answer = expectStatus(await admin('DELETE', `${rulesOf(operatorId)}/${ruleId}`), 204)
  t.same(answer.body, {})
  for (const method of ['GET', 'DELETE'])
    t.match(await admin(method, `${rulesOf(operatorId)}/${ruleId}`), {
      status: 404,
      body: { code: 'ROUTING_RULE_NOT_FOUND' },
    })
  t.same(await sql`SELECT FROM ops.routing_rules WHERE rule_id = ${ruleId}`, [])
  t.match(await sql`SELECT before, after FROM ops.admin_audit_log WHERE resource_id = ${ruleId} ORDER BY version`, [
    { before: null, after: { ruleId, prefix: '+9370' } },
    { before: { ruleId, prefix: '+9370', costPerSegment: '0.004200' }, after: null },
  ])
  await created(operatorId)
})

t.test('US-OPS-05 AC5: each change of rules is one config event with the rules before and after', async (t) => {
  const operatorId = await anOperatorId()
  const { ruleId } = await created(operatorId)
  await admin('PATCH', `${rulesOf(operatorId)}/${ruleId}`, { priority: 5 })
  await admin('DELETE', `${rulesOf(operatorId)}/${ruleId}`)
  const value = {
    ruleId,
    prefix: '+9370',
    mcc: null,
    mnc: null,
    priority: 10,
    weight: 100,
    costPerSegment: '0.004200',
    currency: 'USD',
    active: true,
    allowNested: false,
  }
  const steps = [[], [value], [{ ...value, priority: 5 }], []]
  for (const version of [2, 3, 4]) {
    const event = await updates(operatorId, version)
    t.same(event.changedFields, ['routingRules'])
    t.same(event.previousValues, { routingRules: steps[version - 2] }, `before version ${version}`)
    t.same(event.newValues, { routingRules: steps[version - 1] }, `version ${version}`)
    t.equal(event.updatedBy, 'test-admin')
  }
})

t.test('If-Match speaks of the operator, on every write of a rule', async (t) => {
  const operatorId = await anOperatorId()
  const path = rulesOf(operatorId)
  const { ruleId } = await created(operatorId)
  const writes: readonly (readonly [string, string, Fields | undefined])[] = [
    ['POST', path, aRule({ prefix: '+1' })],
    ['POST', `${path}:bulk`, { rules: [aRule({ prefix: '+2' })] }],
    ['PATCH', `${path}/${ruleId}`, { priority: 9 }],
    ['DELETE', `${path}/${ruleId}`, undefined],
  ]
  for (const [method, to, json] of writes) {
    const version = String(await versionOf(operatorId))
    for (const stale of ['"1"', `W/"${version}"`, '"0"']) {
      const { status, body } = await at(method, to, json, { 'if-match': stale })
      t.match({ status, body }, { status: 412, body: { code: 'VERSION_MISMATCH' } }, `${method} ${stale}`)
    }
    const done: WireAnswer = await at(method, to, json, { 'if-match': `"${version}"` })
    t.ok(done.status < 300, `${method} ${done.status}`)
    t.equal(await versionOf(operatorId), Number(version) + 1)
  }
})

t.test('of twenty writers who saw the same version, one wins', async (t) => {
  const operatorId = await anOperatorId()
  const answers = await Promise.all(
    Array.from({ length: 20 }, (_, index) =>
      at('POST', rulesOf(operatorId), aRule({ prefix: `+${index + 10}` }), { 'if-match': '"1"' }),
    ),
  )
  t.same(answers.map(({ status }) => status).toSorted(), [201, ...Array.from({ length: 19 }, () => 412)])
  t.equal(await versionOf(operatorId), 2)
})

t.test('what is not there is not found', async (t) => {
  const operatorId = await anOperatorId()
  const other = await anOperatorId()
  const { ruleId } = await created(operatorId)
  const nowhere: readonly (readonly [string, string])[] = [
    [rulesOf(randomUUID()), 'OPERATOR_NOT_FOUND'],
    [rulesOf('not an id'), 'OPERATOR_NOT_FOUND'],
    [`${rulesOf(operatorId)}/${randomUUID()}`, 'ROUTING_RULE_NOT_FOUND'],
    [`${rulesOf(operatorId)}/not-an-id`, 'ROUTING_RULE_NOT_FOUND'],
    [`${rulesOf(other)}/${ruleId}`, 'ROUTING_RULE_NOT_FOUND'],
  ]
  for (const [path, code] of nowhere) t.match(await admin('GET', path), { status: 404, body: { code } }, path)
  expectStatus(await admin('DELETE', `/operators/${operatorId}`), 204)
  for (const method of ['GET', 'POST'])
    t.match(await admin(method, rulesOf(operatorId), method === 'POST' ? aRule() : undefined), {
      status: 404,
      body: { code: 'OPERATOR_NOT_FOUND' },
    })
})

const hundred = (fields: (index: number) => Fields, operatorOf: (index: number) => string): Promise<Answer[]> =>
  Promise.all(Array.from({ length: 100 }, (_, index) => create(operatorOf(index), fields(index))))

const counted = (answers: readonly Answer[]): Fields =>
  Object.fromEntries([...Map.groupBy(answers, ({ status }) => status)].map(([status, same]) => [status, same.length]))

t.test('of a hundred concurrent creates of one prefix one wins and the rest hear of it', async (t) => {
  const operatorId = await anOperatorId()
  const answers = await hundred(
    () => ({}),
    () => operatorId,
  )
  t.same(counted(answers), { 201: 1, 409: 99 })
  const winner = answers.find(({ status }) => status === 201)?.body.ruleId
  for (const { status, body } of answers)
    if (status === 409) t.match(body, { code: 'PREFIX_CONFLICT', conflicts: [{ ruleId: winner, relation: 'EQUAL' }] })
  t.equal(await versionOf(operatorId), 2)
})

t.test('of a hundred concurrent creates of overlapping prefixes no two that overlap survive', async (t) => {
  const operatorId = await anOperatorId()
  const answers = await hundred(
    (index) => ({ prefix: `+93${'70123'.slice(0, index % 6)}` }),
    () => operatorId,
  )
  t.same(Object.keys(counted(answers)), ['201', '409'])
  const rules = await sql<{ prefix: string }[]>`SELECT prefix FROM ops.routing_rules WHERE operator_id = ${operatorId}`
  t.equal(rules.length, 1, 'they all lie within each other')
})

t.test('a hundred concurrent creates of one prefix by a hundred operators all win', async (t) => {
  const ids = await Promise.all(Array.from({ length: 100 }, anOperatorId))
  t.same(
    counted(
      await hundred(
        () => ({}),
        (index) => ids[index] ?? '',
      ),
    ),
    { 201: 100 },
  )
})

t.test('the snapshot of the internal API carries the rules, and all parts agree', async (t) => {
  const operatorId = await anOperatorId()
  const rules = [
    await created(operatorId, { prefix: '+1' }),
    await created(operatorId, { prefix: '+2', active: false }),
  ]
  t.same((await peer(`/operators/${operatorId}`)).body.rules, rules)
  await assertSound(service)
})
