import t from 'tap'
import { aRule, inMemoryAdmin } from '../../../test/support/in-memory-admin.ts'

const { ask, anOperator } = await inMemoryAdmin(t)
const anActiveOperator = async (rule: object) => {
  const operatorId = await anOperator()
  await ask('PATCH', `/operators/${operatorId}`, { json: { status: 'ACTIVE' } })
  const { body } = await ask('POST', `/operators/${operatorId}/routing-rules`, { json: aRule(rule) })
  return { operatorId, ruleId: body.ruleId }
}

const first = await anActiveOperator({ prefix: '+9370', mcc: '412', costPerSegment: '0.01' })
const second = await anActiveOperator({ prefix: '+93', weight: 7 })
const off = await anActiveOperator({ prefix: '+937', active: false })

t.test('a preview names candidates in order and says why the others are passed over', async (t) => {
  const { status, body } = await ask('GET', '/routing/preview?to=%2B93701234567&mcc=412')
  t.equal(status, 200)
  const health = { healthState: 'UNKNOWN', healthStale: false }
  const shared = { priority: 10, weight: 100, currency: 'USD', mnc: null, ...health }
  t.same(body, {
    to: '+93701234567',
    candidates: [
      {
        rank: 1,
        ...first,
        operatorName: 'Operator 1',
        prefix: '+9370',
        mcc: '412',
        ...shared,
        costPerSegment: '0.010000',
        behindBecause: null,
      },
      {
        rank: 2,
        ...second,
        operatorName: 'Operator 2',
        prefix: '+93',
        mcc: null,
        ...shared,
        weight: 7,
        costPerSegment: '0.004200',
        behindBecause: 'PREFIX_LENGTH',
      },
    ],
    lost: [
      {
        ...off,
        operatorName: 'Operator 3',
        prefix: '+937',
        mcc: null,
        ...shared,
        costPerSegment: '0.004200',
        status: 'ACTIVE',
        reason: 'RULE_INACTIVE',
      },
    ],
    lostTruncated: false,
  })
  t.match(
    (await ask('GET', '/routing/preview?to=+9370')).body,
    {
      candidates: [{ prefix: '+93' }],
      lost: [{ reason: 'PLMN_NOT_GIVEN' }, { reason: 'RULE_INACTIVE' }],
    },
    'an unescaped + is meant as one',
  )
  for (const [query, path] of [
    ['', 'to'],
    ['to=9370', 'to'],
    ['to=%2B9370&mnc=01', 'mnc'],
    ['to=%2B9370&mcc=4', 'mcc'],
    ['to=%2B9370&x=1', 'x'],
    ['to=%2B9370&to=%2B1', 'to'],
  ] as const) {
    t.match(await ask('GET', `/routing/preview?${query}`), { status: 400, body: { errors: [{ path }] } }, query)
  }
})

t.test('destination prefixes are those of active rules of live operators', async (t) => {
  const gone = await anActiveOperator({ prefix: '+9371' })
  await ask('DELETE', `/operators/${gone.operatorId}`)
  const { body } = await ask('GET', '/destination-prefixes')
  t.same(body, {
    data: [
      { prefix: '+93', mcc: null, mnc: null, ...second, rangeStart: '930000000000000', rangeEnd: '939999999999999' },
      { prefix: '+9370', mcc: '412', mnc: null, ...first, rangeStart: '937000000000000', rangeEnd: '937099999999999' },
    ],
    meta: { total: 2, page: 1, limit: 50 },
  })
  t.match((await ask('GET', '/destination-prefixes?covers=+9371')).body, { data: [second], meta: { total: 1 } })
  t.match((await ask('GET', `/destination-prefixes?operatorId=${first.operatorId}&limit=1`)).body, {
    data: [first],
    meta: { total: 1, limit: 1 },
  })
  t.same((await ask('GET', '/destination-prefixes?operatorId=nobody')).body.data, [])
  for (const [query, path] of [
    ['covers=x', 'covers'],
    ['operatorId=a.b', 'operatorId'],
    ['page=0', 'page'],
  ] as const) {
    t.match(await ask('GET', `/destination-prefixes?${query}`), { status: 400, body: { errors: [{ path }] } }, query)
  }
})
