import { CreateOperatorBody, UpdateOperatorBody } from '@oms/domain'
import { anOperator, createdOperator, footprint, startService, type WireAnswer, wireTo } from '@oms/testkit'
import fc from 'fast-check'
import t, { type Test } from 'tap'
import { type BadBody, badBodies, CANARY } from './support/bad-bodies.ts'
import { badTokens } from './support/bad-tokens.ts'

const service = await startService(t, { apps: { 'admin-api': 1 } })
const { admin, sql } = service
const wire = await wireTo(service)

const OPERATORS = '/v1/admin/operators'
const { operatorId } = await createdOperator(admin, { notes: 'untouched' })
const ONE = `${OPERATORS}/${operatorId}`

/** Runs `attempts` and holds that they wrote nothing: no row, no version, no secret, no event, no history. */
async function writesNothing(t: Test, attempts: () => Promise<void>): Promise<void> {
  const before = await footprint(service)
  await attempts()
  t.same(await footprint(service), before, 'nothing was written')
}

/** What is wrong with an answer to bad input, or undefined. */
function complaint({ status, headers, body, text }: WireAnswer, wanted: readonly number[], path?: string) {
  if (!wanted.includes(status)) return `answered ${status} ${text.slice(0, 200)}`
  if (!headers.get('content-type')?.startsWith('application/problem+json')) return 'is no problem+json'
  if (body.status !== status || typeof body.code !== 'string' || typeof body.requestId !== 'string')
    return 'is no problem'
  if (text.includes(CANARY)) return `repeats a value: ${text.slice(0, 200)}`
  if (text.length > 16_384) return `is ${text.length} characters long`
  const paths = ((body.errors ?? []) as { path: string }[]).map((error) => error.path)
  if (path !== undefined && !paths.includes(path)) return `names ${paths.join(', ') || 'no field'} instead of ${path}`
  if (path !== undefined && body.code !== 'INVALID_PAYLOAD') return `has the code ${body.code}`
  return undefined
}

async function refusesAll(t: Test, method: 'POST' | 'PATCH', bodies: readonly BadBody[]): Promise<void> {
  await writesNothing(t, async () => {
    for (const { title, path, body } of bodies) {
      const answer = await wire(method, method === 'POST' ? OPERATORS : ONE, { json: body })
      t.equal(complaint(answer, [400], path), undefined, title.slice(0, 120))
    }
  })
}

const valid = () =>
  anOperator({
    password: CANARY,
    systemType: 'SMS',
    notes: 'first\nsecond\tthird',
    mnoId: 'roshan',
    tpsLimit: { maxTps: 100, burstMultiplier: 1.5, burstWindowMs: 1_000, enforcementMode: 'HARD_REJECT' },
  })

t.test('a create with anything wrong in any field is 400, names the field and writes nothing', async (t) => {
  const bodies = badBodies(CreateOperatorBody, valid())
  t.same(new Set(Object.keys(CreateOperatorBody.properties)), new Set(Object.keys(valid())), 'no field is forgotten')
  await refusesAll(t, 'POST', bodies)
  t.equal((await wire('POST', OPERATORS, { json: valid() })).status, 201, 'without the fault it is taken')
})

t.test('a patch with anything wrong in any field is 400, names the field and writes nothing', async (t) => {
  const patch = { ...valid(), status: 'ACTIVE' }
  t.same(new Set(Object.keys(UpdateOperatorBody.properties)), new Set(Object.keys(patch)), 'no field is forgotten')
  await refusesAll(t, 'PATCH', badBodies(UpdateOperatorBody, patch))
  const nulls = ['name', 'host', 'port', 'systemId', 'bindType', 'password', 'status', 'tpsLimit']
  await refusesAll(
    t,
    'PATCH',
    nulls.map((field) => ({ title: `${field}: null`, path: field, body: { [field]: null } })),
  )
})

t.test('every field at fault is named at once', async (t) => {
  const body = { ...valid(), name: '', host: 'a b', mnoId: 'A', tpsLimit: { maxTps: 0 }, password: `${CANARY}é` }
  const { errors } = (await wire('POST', OPERATORS, { json: body })).body as { errors: { path: string }[] }
  for (const path of ['mnoId', 'tpsLimit.maxTps', 'password'])
    t.ok(
      errors.some((error) => error.path === path),
      path,
    )
  const later = { ...valid(), name: ' ', host: 'a b', notes: '\u0001', tpsLimit: { maxTps: 1, burstMultiplier: 1.005 } }
  const { errors: found } = (await wire('POST', OPERATORS, { json: later })).body as { errors: { path: string }[] }
  t.same(found.map(({ path }) => path).sort(), ['host', 'name', 'notes', 'tpsLimit.burstMultiplier'])
})

t.test('LF and TAB are fine in notes, and CRLF becomes LF', async (t) => {
  const { body } = await wire('POST', OPERATORS, { json: anOperator({ notes: 'a\r\nb\n\tc' }) })
  t.equal(body.notes, 'a\nb\n\tc')
})

t.test('what is no JSON object is 400', async (t) => {
  const deep = (open: string, close: string, levels: number) => open.repeat(levels) + close.repeat(levels)
  const bodies: readonly (readonly [title: string, body: string | Uint8Array])[] = [
    ...['', ' ', '{', '{"name":', '{"name" "x"}', '{"name":"x",}', "{'name':'x'}", '{} {}', 'undefined', 'NaN'].map(
      asIs,
    ),
    ...['{"port":01}', '{"port":NaN}', '{"port":+1}', '{"notes":"a\nb"}', '{"notes":"\\x"}', '/**/{}'].map(asIs),
    ...['[]', '[{}]', '"text"', '1', 'true', 'null'].map(asIs),
    ['a password in what cannot be read', `{"password":"${CANARY}`],
    ['octets that are no UTF-8', Buffer.from([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x3a, 0x31, 0x7d])],
    ['UTF-16', Buffer.from(JSON.stringify(valid()), 'utf16le')],
    ['surrogates in UTF-8', Buffer.from([0x22, 0xed, 0xa0, 0x80, 0x22])],
    ['arrays, deep', deep('[', ']', 200_000)],
    ['objects, deep', `${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}`],
    ['brackets that nobody closes', '['.repeat(500_000)],
  ]
  await writesNothing(t, async () => {
    for (const [title, body] of bodies) {
      t.equal(complaint(await wire('POST', OPERATORS, { body }), [400]), undefined, `POST ${title}`)
      t.equal(complaint(await wire('PATCH', ONE, { body }), [400]), undefined, `PATCH ${title}`)
    }
  })
})

t.test('a body that is nested too deep, too wide or too large is refused', async (t) => {
  const nested = (levels: number) => JSON.parse(`${'['.repeat(levels)}${']'.repeat(levels)}`) as unknown
  const wide = Object.fromEntries(Array.from({ length: 20_000 }, (_, index) => [`${CANARY.toLowerCase()}${index}`, 1]))
  await writesNothing(t, async () => {
    for (const json of [
      { ...valid(), notes: nested(40) },
      { notes: nested(1_000) },
      wide,
      { ...valid(), notes: wide },
    ]) {
      t.equal(complaint(await wire('POST', OPERATORS, { json }), [400]), undefined)
      t.equal(complaint(await wire('PATCH', ONE, { json }), [400]), undefined)
    }
    const large = JSON.stringify({ ...valid(), notes: 'x'.repeat(1_048_576) })
    for (const headers of [{}, { 'content-length': [], 'transfer-encoding': 'chunked' }]) {
      const answer = await wire('POST', OPERATORS, { body: large, headers })
      t.equal(complaint(answer, [413]) ?? answer.body.code, 'PAYLOAD_TOO_LARGE')
    }
  })
})

t.test('a name that is there twice is refused: nobody knows which value was checked before', async (t) => {
  const text = JSON.stringify(valid())
  const cases = [
    ['systemId', text.replace('{', '{"systemId":"x",')],
    ['systemId', text.replace('{', '{"\\u0073ystemId":"x",')],
    ['password', text.replace(/\}$/, `,"password":"${CANARY}"}`)],
    ['tpsLimit.maxTps', text.replace('"tpsLimit":{', '"tpsLimit":{ "maxTps" : 1 ,')],
  ] as const
  await writesNothing(t, async () => {
    for (const [path, body] of cases) {
      t.equal(complaint(await wire('POST', OPERATORS, { body }), [400], path), undefined, path)
      t.equal(complaint(await wire('PATCH', ONE, { body }), [400], path), undefined, path)
    }
  })
})

t.test('another content type is 415', async (t) => {
  const types = ['text/plain', 'text/json', 'application/xml', 'application/x-www-form-urlencoded', 'application/jsonx']
  const charsets = ['application/json; charset=utf-16', 'application/json;charset=latin1', 'json', 'a/b/c', ';', []]
  await writesNothing(t, async () => {
    for (const type of [...types, ...charsets, 'multipart/form-data; boundary=x', 'application/json-patch+json']) {
      for (const [method, path] of [
        ['POST', OPERATORS],
        ['PATCH', ONE],
      ] as const) {
        const answer = await wire(method, path, { json: valid(), headers: { 'content-type': type } })
        t.equal(complaint(answer, [415]) ?? answer.body.code, 'UNSUPPORTED_MEDIA_TYPE', `${method} ${String(type)}`)
      }
    }
    const patchType = { 'content-type': 'application/merge-patch+json' }
    t.equal(complaint(await wire('POST', OPERATORS, { json: valid(), headers: patchType }), [415]), undefined)
  })
})

t.test('a GET with a body is refused, whatever is in it', async (t) => {
  for (const path of [OPERATORS, ONE]) {
    for (const body of ['{}', '{', 'GET /smuggled HTTP/1.1\r\n\r\n']) {
      t.equal(complaint(await wire('GET', path, { body }), [400]), undefined)
    }
  }
  t.equal((await wire('GET', ONE, { headers: { 'content-length': '0' } })).status, 200)
})

t.test('an operatorId of an odd shape is an operator that is not there', async (t) => {
  const ids = [
    '..',
    '.',
    '%2e%2e',
    '..%2f..%2fopenapi.json',
    '%2F',
    '%5c',
    '*',
    '-',
    '_x',
    'a.b',
    'a%3Eb',
    'a%20b',
    '%F0%9F%98%80',
  ]
  const more = [`${operatorId}%20`, `${operatorId}.`, operatorId.toUpperCase(), "';DROP%20TABLE%20x;--", 'x'.repeat(65)]
  const long = [
    'x'.repeat(1_000),
    'x'.repeat(2_000),
    '%41'.repeat(3_000),
    '__proto__',
    'constructor',
    '%7B%7D',
    '%E2%80%AE',
  ]
  const malformed = ['%', '%zz', '%ff', '%c0%ae', 'a%00b', '%ed%a0%80']
  await writesNothing(t, async () => {
    for (const id of [...ids, ...more, ...long, ...malformed]) {
      const wanted = malformed.includes(id) ? [400] : [404]
      for (const method of ['GET', 'PATCH', 'DELETE'] as const) {
        const answer = await wire(method, `${OPERATORS}/${id}`, method === 'PATCH' ? { json: { notes: 'x' } } : {})
        t.equal(complaint(answer, wanted), undefined, `${method} ${id.slice(0, 60)}`)
      }
    }
    for (const path of [
      '/',
      `${OPERATORS}/`,
      `${ONE}/`,
      `/${ONE}`,
      `${ONE}/x`,
      '/v1/admin',
      '/v1/ADMIN/operators',
      '*',
    ]) {
      t.equal(complaint(await wire('GET', path), [400, 404]), undefined, path)
    }
    t.equal(complaint(await wire('GET', `${OPERATORS}/${'x'.repeat(60_000)}`), [400, 404, 414, 431]), undefined)
  })
})

t.test('who shows no good token gets nowhere: 401 or 403 on every operation, and nothing written', async (t) => {
  const operations = [
    ['POST', OPERATORS, { json: valid() }],
    ['GET', OPERATORS, {}],
    ['GET', ONE, {}],
    ['PATCH', ONE, { json: { notes: 'forged' } }],
    ['DELETE', ONE, {}],
    ['PUT', `${ONE}/tps-limit`, { json: { maxTps: 1 } }],
    ['POST', `${ONE}/routing-rules`, { json: { prefix: '+1', costPerSegment: '1' } }],
    ['POST', `${ONE}/routing-rules:bulk`, { json: { rules: [{ prefix: '+1', costPerSegment: '1' }] } }],
    ['GET', '/v1/admin/audit-log', {}],
  ] as const
  await writesNothing(t, async () => {
    for (const { title, status, headers } of await badTokens(service)) {
      for (const [method, path, request] of operations) {
        if (title === 'the scope to read' && method === 'GET') continue
        if (title === 'scopes in an array without the one' && method === 'GET') continue
        const answer = await wire(method, path, { ...request, headers })
        const code = status === 401 ? 'UNAUTHENTICATED' : 'FORBIDDEN'
        t.equal(complaint(answer, [status]) ?? answer.body.code, code, `${method}: ${title}`)
        t.match(answer.headers.get('www-authenticate') ?? (status === 403 ? 'Bearer' : ''), /^Bearer/)
      }
    }
  })
  t.equal(
    (await wire('GET', ONE, { headers: { 'x-admin-id': 'test-admin' } })).status,
    200,
    'the subject itself passes',
  )
})

t.test('whatever body is sent, the answer is never a 5xx', async (t) => {
  const seed = Number(process.env.FUZZ_SEED ?? Date.now() % 2 ** 31)
  t.comment(`FUZZ_SEED=${seed}`)
  const anything = fc.oneof(
    fc.jsonValue({ maxDepth: 3 }),
    fc.string({ unit: 'binary', maxLength: 40 }),
    fc.string({ unit: 'grapheme', maxLength: 40 }),
    fc.integer(),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
  )
  const fields = [...Object.keys(UpdateOperatorBody.properties), 'unknown', '__proto__']
  const changes = fc.dictionary(fc.constantFrom(...fields), anything, { maxKeys: 3, noNullPrototype: true })
  const body = fc.oneof(
    { weight: 4, arbitrary: changes.map((some) => ({ ...valid(), ...some })) },
    { weight: 4, arbitrary: changes },
    { weight: 1, arbitrary: fc.jsonValue() },
  )
  const calls = fc.tuple(fc.constantFrom(['POST', OPERATORS], ['PATCH', ONE]), body)
  await fc.assert(
    fc.asyncProperty(calls, async ([[method = '', path = ''], json]) => {
      const answer = await wire(method, path, { json })
      if (answer.status < 300) return
      const wrong = complaint(answer, [400, 409])
      if (wrong !== undefined) throw new Error(wrong)
    }),
    { seed, numRuns: 300 },
  )
  t.pass('300 bodies')
})

t.test('a password is in no log line, whatever was wrong around it', async (t) => {
  t.notMatch(service.output(), CANARY)
  const rows = await sql`SELECT operator_id FROM ops.operators WHERE position(${CANARY} in operators::text) > 0`
  t.same(rows, [])
})

function asIs(text: string) {
  return [JSON.stringify(text), text] as const
}
