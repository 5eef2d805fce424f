import t from 'tap'
import { aRule, inMemoryAdmin } from '../../../test/support/in-memory-admin.ts'

const { ask, anOperator, lines, metrics } = await inMemoryAdmin(t)
const rulesOf = (operatorId: string) => `/operators/${operatorId}/routing-rules`
const pathsOf = ({ body }: { body: { errors?: unknown } }) =>
  (body.errors as { path: string }[]).map(({ path }) => path)

t.test(
  'a rule is created, read, listed, changed and removed, each answer with the version of the operator',
  async (t) => {
    const operatorId = await anOperator()
    const path = rulesOf(operatorId)
    const made = await ask('POST', path, { json: aRule({ mcc: '412', mnc: '01' }) })
    const ruleId = String(made.body.ruleId)
    t.match(made, {
      status: 201,
      headers: { etag: '"2"', location: `/v1/admin${path}/${ruleId}` },
      body: {
        operatorId,
        prefix: '+9370',
        mcc: '412',
        mnc: '01',
        priority: 10,
        weight: 100,
        costPerSegment: '0.004200',
      },
    })
    const one = `${path}/${ruleId}`
    t.match(await ask('GET', one), { status: 200, headers: { etag: '"2"' }, body: made.body })
    t.match(await ask('PATCH', one, { json: { mnc: null }, headers: { 'if-match': '"1"' } }), { status: 412 })
    t.match(await ask('PATCH', one, { json: { mcc: null } }), { status: 400, body: { errors: [{ path: 'mnc' }] } })
    const patch = { json: { mnc: null, priority: 3 }, headers: { 'content-type': 'application/merge-patch+json' } }
    t.match(await ask('PATCH', one, patch), { status: 200, headers: { etag: '"3"' }, body: { mnc: null, priority: 3 } })
    t.match(await ask('PATCH', one, { json: { prefix: '+1' } }), {
      status: 400,
      body: { errors: [{ path: 'prefix' }] },
    })
    t.match(await ask('POST', path, { json: aRule({ mcc: '412' }) }), {
      status: 409,
      body: { code: 'PREFIX_CONFLICT', conflicts: [{ ruleId, prefix: '+9370', mcc: '412', relation: 'EQUAL' }] },
    })
    await ask('POST', path, { json: aRule({ prefix: '+1', priority: 1, active: false }) })
    t.match(await ask('GET', `${path}?sort=priority&limit=1&page=2`), {
      status: 200,
      headers: { etag: '"4"' },
      body: { data: [{ ruleId }], meta: { total: 2, page: 2, limit: 1 } },
    })
    t.match((await ask('GET', `${path}?active=false`)).body, { data: [{ prefix: '+1' }], meta: { total: 1 } })
    t.match(await ask('DELETE', one, { headers: { 'if-match': '"4"' } }), {
      status: 204,
      headers: { etag: '"5"' },
      text: '',
    })
    for (const method of ['GET', 'DELETE'] as const) {
      t.match(await ask(method, one), { status: 404, body: { code: 'ROUTING_RULE_NOT_FOUND' } })
      t.match(await ask(method, `${path}/nonsense`), { status: 404, body: { code: 'ROUTING_RULE_NOT_FOUND' } })
      t.match(await ask(method, `${rulesOf('nobody')}/${ruleId}`), {
        status: 404,
        body: { code: 'OPERATOR_NOT_FOUND' },
      })
    }
  },
)

t.test('a bulk makes all rules in one version, in the order of its rows, and a dry run none', async (t) => {
  const operatorId = await anOperator()
  const path = `${rulesOf(operatorId)}:bulk`
  const rules = ['+1', '+2', '+3'].map((prefix) => aRule({ prefix }))
  const dry = await ask('POST', `${path}?dryRun=true`, { json: { rules } })
  t.match(dry, { status: 200, headers: { etag: '"1"' } })
  t.same(dry.body, { operatorId, version: 1, wouldCreate: 3 })
  t.equal((await ask('GET', rulesOf(operatorId))).headers.etag, '"1"', 'nothing was written')

  const { status, headers, body } = await ask('POST', path, { json: { rules }, headers: { 'if-match': '"1"' } })
  t.match(
    { status, etag: headers.etag, body },
    { status: 201, etag: '"2"', body: { operatorId, version: 2, created: 3 } },
  )
  for (const [row, ruleId] of (body.ruleIds as string[]).entries()) {
    t.match((await ask('GET', `${rulesOf(operatorId)}/${ruleId}`)).body, { prefix: rules[row]?.prefix })
  }
  const again = await ask('POST', `${path}?dryRun=true`, {
    json: { rules: [aRule({ prefix: '+4' }), ...rules, aRule({ prefix: '+45' })] },
  })
  t.match(again, { status: 409, body: { code: 'PREFIX_CONFLICT' } })
  t.match(again.body.conflicts, [
    { row: 1, relation: 'EQUAL' },
    { row: 2, relation: 'EQUAL' },
    { row: 3, relation: 'EQUAL' },
    { row: 4, withRow: 0, ruleId: null, relation: 'SHADOWS' },
  ])
})

t.test('every row of a bulk that is at fault is named, whoever finds the fault', async (t) => {
  const operatorId = await anOperator()
  const path = `${rulesOf(operatorId)}:bulk`
  const rules: unknown[] = Array.from({ length: 1_000 }, (_, row) => aRule({ prefix: `+${row + 1_000}` }))
  rules[3] = aRule({ prefix: '9370' })
  rules[17] = aRule({ currency: 'XXX' })
  rules[400] = aRule({ mnc: '01', weight: 0 })
  rules[401] = aRule({ mnc: '01', costPerSegment: 0.123456789 })
  rules[999] = 'a rule'
  const answer = await ask('POST', path, { json: { rules } })
  t.match(answer, { status: 400, body: { code: 'INVALID_PAYLOAD' } })
  const expected = ['3.prefix', '17.currency', '400.weight', '401.mnc', '401.costPerSegment', '999']
  t.same(
    pathsOf(answer),
    expected.map((at) => `rules.${at}`),
  )

  const all = await ask('POST', path, { json: { rules: Array.from({ length: 5_000 }, () => ({ prefix: '1' })) } })
  t.equal(new Set(pathsOf(all).map((at) => at.split('.')[1])).size, 5_000)
  const tooMany = await ask('POST', path, { json: { rules: Array.from({ length: 5_001 }, () => aRule()) } })
  t.same(pathsOf(tooMany), ['rules'])
  t.same(pathsOf(await ask('POST', path, { json: { rules: [] } })), ['rules'])
  t.same(pathsOf(await ask('POST', path, { json: [] })), [''])
  t.same(pathsOf(await ask('POST', path, { json: { rules: [aRule()], dryRun: true } })), ['dryRun'])
  t.same(pathsOf(await ask('POST', `${path}?dryrun=true`, { json: { rules: [aRule()] } })), ['dryrun'])
  t.equal((await ask('POST', path, { body: ' '.repeat(5 * 1024 * 1024 + 1) })).status, 413)
  t.equal((await ask('GET', rulesOf(operatorId))).headers.etag, '"1"', 'and nothing was written')
})

t.test('creates of rules are counted as such, other changes as updates of the operator', async (t) => {
  const text = await metrics()
  const count = (name: string, result: string) =>
    Number(new RegExp(`^${name}\\{result="${result}"\\} (\\d+)$`, 'm').exec(text)?.[1])
  t.equal(count('ops_routing_rule_create_total', 'ok'), 3)
  t.equal(count('ops_routing_rule_create_total', 'conflict'), 1)
  t.equal(count('ops_operator_update_total', 'ok'), 2)
  t.equal(count('ops_operator_update_total', 'not_found'), 2)
  t.equal(count('ops_operator_update_total', 'conflict'), 1)
  const told = lines.filter(({ msg }) => msg === 'use case').map(({ action }) => action)
  t.equal(told.filter((action) => action === 'checkRoutingRules').length, 2)
})
