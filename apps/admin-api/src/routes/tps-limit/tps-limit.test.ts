import t from 'tap'
import { inMemoryAdmin } from '../../../test/support/in-memory-admin.ts'

const { ask, anOperator } = await inMemoryAdmin(t)

t.test('a TPS limit is read and replaced whole, under the version of its operator', async (t) => {
  const operatorId = await anOperator()
  const path = `/operators/${operatorId}/tps-limit`
  const defaults = { burstMultiplier: 1.5, burstWindowMs: 1_000, enforcementMode: 'HARD_REJECT' }
  t.match(await ask('GET', path), { status: 200, headers: { etag: '"1"' }, body: { maxTps: 10, ...defaults } })
  const json = { maxTps: 20, burstMultiplier: 2.25, burstWindowMs: 100, enforcementMode: 'SOFT_THROTTLE' }
  const put = await ask('PUT', path, { json, headers: { 'if-match': '"1"' } })
  t.match(put, { status: 200, headers: { etag: '"2"' } })
  t.same(put.body, json)
  t.same(
    (await ask('PUT', path, { json: { maxTps: 20 } })).body,
    { maxTps: 20, ...defaults },
    'nothing of the old one stays',
  )
  t.match(await ask('PUT', path, { json: { maxTps: 20 } }), { status: 200, headers: { etag: '"3"' } })
  t.equal((await ask('PUT', path, { json, headers: { 'if-match': '"2"' } })).status, 412)
  for (const [field, value] of [
    ['maxTps', 0],
    ['maxTps', 1_000_001],
    ['burstMultiplier', 0.99],
    ['burstMultiplier', 1.005],
    ['burstWindowMs', 99],
    ['enforcementMode', 'NONE'],
    ['other', 1],
  ] as const) {
    const answer = await ask('PUT', path, { json: { ...json, [field]: value } })
    t.match(answer, { status: 400, body: { errors: [{ path: field }] } }, `${field} ${value}`)
  }
  t.match(await ask('PUT', path, { json: {} }), { status: 400, body: { errors: [{ path: 'maxTps' }] } })
  t.equal((await ask('GET', '/operators/nobody/tps-limit')).status, 404)
})
