import { Secret } from '@oms/domain'
import fc from 'fast-check'
import { isDeepStrictEqual } from 'node:util'
import t from 'tap'
import { aRule, inMemoryAdmin } from '../../test/support/in-memory-admin.ts'
import { canonicalJson } from './canonical-json.ts'
import { createFingerprint } from './fingerprint.ts'

const { ask, anOperator, keys, metrics } = await inMemoryAdmin(t)
const key = (text: string) => ({ 'idempotency-key': text })

t.test('equal values are one text, whatever the order of their names, and the text is the value', (t) => {
  t.equal(
    canonicalJson({ b: [1, { d: null, c: 'é' }], a: 1.0, '\u20ac': 1, '\u{1f600}': 2 }),
    '{"a":1,"b":[1,{"c":"é","d":null}],"€":1,"😀":2}',
  )
  const keeps = fc.property(fc.jsonValue(), (value) => {
    const text = canonicalJson(value)
    return (
      isDeepStrictEqual(JSON.parse(text), JSON.parse(JSON.stringify(value))) && canonicalJson(JSON.parse(text)) === text
    )
  })
  fc.assert(keeps)
  t.end()
})

t.test('a fingerprint depends on each part of the request and on the key, and shows none of them', (t) => {
  const fingerprint = createFingerprint(new Secret('k'.repeat(32)))
  const request = { method: 'POST', url: '/v1/admin/operators', body: { password: 'hunter2', name: 'A' } }
  const own = fingerprint(request)
  t.match(own, /^[\w-]{43}$/)
  t.equal(fingerprint({ ...request, body: { name: 'A', password: 'hunter2' } }), own)
  for (const other of [
    { method: 'PUT' },
    { url: '/v1/admin/operators?x=1' },
    { body: { ...request.body, name: 'B' } },
  ]) {
    t.not(fingerprint({ ...request, ...other }), own)
  }
  t.not(createFingerprint(new Secret('l'.repeat(32)))(request), own)
  t.end()
})

t.test('the same POST with the same key happens once, and is answered alike', async (t) => {
  const operatorId = await anOperator()
  const body = { name: 'Once', host: 'once.example.net', port: 2775, systemId: 'gw', bindType: 'TRANSCEIVER' }
  const posts = [
    ['/operators', { ...body, password: 'pass-wd1-long', tpsLimit: { maxTps: 1 } }],
    [`/operators/${operatorId}/routing-rules`, aRule()],
    [`/operators/${operatorId}/routing-rules:bulk`, { rules: [aRule({ prefix: '+1' }), aRule({ prefix: '+2' })] }],
  ] as const
  for (const [path, json] of posts) {
    const headers = key(`once-${path}`)
    const first = await ask('POST', path, { json, headers })
    t.equal(first.status, 201, first.text)
    t.notOk('idempotency-replayed' in first.headers)
    const turned = Object.fromEntries(Object.entries(json).toReversed())
    const again = await ask('POST', path, { json: turned, headers })
    t.match(again, { status: 201, text: first.text })
    for (const name of ['etag', 'location', 'content-type']) t.equal(again.headers[name], first.headers[name], name)
    t.equal(again.headers['idempotency-replayed'], 'true')
    t.match(
      await ask('POST', path, { json, headers, as: 'babak' }),
      { status: 409 },
      'the key of somebody else is another',
    )
  }
  for (const [path, json] of [
    ['/operators', { ...posts[0][1], notes: 'x' }],
    [`/operators/${operatorId}/routing-rules`, aRule({ weight: 1 })],
    [`/operators/${operatorId}/routing-rules:bulk`, { rules: [aRule({ prefix: '+2' }), aRule({ prefix: '+1' })] }],
  ] as const) {
    const answer = await ask('POST', path, { json, headers: key(`once-${path}`) })
    t.match(answer, { status: 409, body: { code: 'IDEMPOTENCY_CONFLICT' } }, path)
  }
  t.notMatch(JSON.stringify([...keys]), 'pass-wd1-long')
  t.match(await metrics(), 'ops_operator_create_total{result="ok"} 2\n', 'a replay is no create')
})

t.test('a refusal keeps no key, a dry run takes none, and a key is visible ASCII', async (t) => {
  const operatorId = await anOperator()
  const path = `/operators/${operatorId}/routing-rules`
  const kept = keys.size
  t.equal((await ask('POST', path, { json: aRule({ prefix: '9' }), headers: key('k') })).status, 400)
  t.equal((await ask('POST', path, { json: aRule(), headers: { ...key('k'), 'if-match': '"9"' } })).status, 412)
  const dry = await ask('POST', `${path}:bulk?dryRun=true`, { json: { rules: [aRule()] }, headers: key('k') })
  t.equal(dry.status, 200)
  t.equal(keys.size, kept)
  t.equal((await ask('POST', path, { json: aRule(), headers: key('k') })).status, 201)
  for (const bad of ['', 'a b', 'é', 'x'.repeat(256), 'a\tb']) {
    const answer = await ask('POST', path, { json: aRule({ prefix: '+5' }), headers: key(bad) })
    t.match(answer, { status: 400, body: { errors: [{ path: 'Idempotency-Key' }] } }, bad)
  }
  t.equal((await ask('POST', path, { json: aRule({ prefix: '+5' }), headers: key('x'.repeat(255)) })).status, 201)
})

t.test('of many at once one does it, and all are answered with that', async (t) => {
  const operatorId = await anOperator()
  const path = `/operators/${operatorId}/routing-rules`
  const answers = await Promise.all(
    Array.from({ length: 8 }, () => ask('POST', path, { json: aRule(), headers: key('race') })),
  )
  t.equal(new Set(answers.map(({ status, text }) => `${status} ${text}`)).size, 1)
  t.equal(answers.filter(({ headers }) => headers['idempotency-replayed'] === 'true').length, 7)
  t.equal((await ask('GET', path)).headers.etag, '"2"')
})
