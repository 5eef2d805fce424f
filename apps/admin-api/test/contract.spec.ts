import { anOperator, createdOperator, readApiDescription, startService, until, type Wire, wireTo } from '@oms/testkit'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { connect } from 'node:net'
import t from 'tap'

const service = await startService(t, { apps: { 'admin-api': 1 } })
const { admin, vault } = service
const wire = await wireTo(service)

const OPERATORS = '/v1/admin/operators'
const api = readApiDescription((await wire('GET', '/openapi.json')).body)
const { operatorId } = await createdOperator(admin)
const ONE = `${OPERATORS}/${operatorId}`
const RULES = `${ONE}/routing-rules`
const aRule = (prefix: string) => ({ prefix, costPerSegment: '0.0042' })
const ruleId = String((await wire('POST', RULES, { json: aRule('+9370') })).body.ruleId)
const RULE = `${RULES}/${ruleId}`

const filled = (path: string): string => path.replace('{operatorId}', operatorId).replace('{ruleId}', ruleId)
const METHODS_BY_PATH = new Map([['/openapi.json', ['GET']]])
for (const { method, path } of api.operations.values()) {
  METHODS_BY_PATH.set(filled(path), [...(METHODS_BY_PATH.get(filled(path)) ?? []), method])
}

t.test('what is served at /openapi.json is the committed document', async (t) => {
  const committed = await readFile(new URL('../openapi.json', import.meta.url), 'utf8')
  t.same(api.document, JSON.parse(committed))
})

t.test('each operation is behind the bearer token', async (t) => {
  for (const { method, path } of api.operations.values()) {
    const answer = await wire(method, filled(path), { headers: { authorization: [] } })
    t.equal(answer.status, 401, `${method} ${path}`)
  }
})

t.test('a change of parts is taken as a merge patch too, all else as JSON alone', async (t) => {
  for (const [id, { method, requestBody }] of api.operations) {
    if (requestBody === undefined) continue
    const patch = method === 'PATCH' ? ['application/merge-patch+json'] : []
    t.same(Object.keys(requestBody.content).sort(), ['application/json', ...patch], id)
  }
})

t.test('answers are as described, the good and the bad', async (t) => {
  const gone = await createdOperator(admin)
  const order = anOperator({ password: 'twelve-chars', notes: 'n', mnoId: 'roshan' })
  const { operatorId: spare } = await createdOperator(admin)
  const calls: readonly (readonly [operationId: string, status: number, ...call: Parameters<Wire>])[] = [
    ['createOperator', 201, 'POST', OPERATORS, { json: order }],
    ['createOperator', 400, 'POST', OPERATORS, { json: { port: 0 } }],
    ['createOperator', 401, 'POST', OPERATORS, { json: order, headers: { authorization: [] } }],
    ['createOperator', 403, 'POST', OPERATORS, { json: order, headers: { 'x-admin-id': 'somebody' } }],
    ['createOperator', 409, 'POST', OPERATORS, { json: order }],
    ['createOperator', 413, 'POST', OPERATORS, { body: 'x'.repeat(1_048_577) }],
    ['createOperator', 415, 'POST', OPERATORS, { body: 'name=x', headers: { 'content-type': 'text/plain' } }],
    ['listOperators', 200, 'GET', `${OPERATORS}?includeDeleted=true`],
    ['listOperators', 400, 'GET', `${OPERATORS}?limit=0`],
    ['listOperators', 401, 'GET', OPERATORS, { headers: { authorization: 'Bearer x' } }],
    ['getOperator', 200, 'GET', ONE],
    ['getOperator', 404, 'GET', `${OPERATORS}/nobody`],
    ['updateOperator', 200, 'PATCH', ONE, { json: { password: 'twelve-chars' } }],
    ['updateOperator', 400, 'PATCH', ONE, { json: { host: null } }],
    ['updateOperator', 404, 'PATCH', `${OPERATORS}/nobody`, { json: {} }],
    ['updateOperator', 409, 'PATCH', ONE, { json: { status: 'SUSPENDED' } }],
    ['updateOperator', 409, 'PATCH', ONE, { json: { name: order.name } }],
    ['updateOperator', 412, 'PATCH', ONE, { json: {}, headers: { 'if-match': '"99"' } }],
    ['updateOperator', 415, 'PATCH', ONE, { json: {}, headers: { 'content-type': 'application/json-patch+json' } }],
    ['softDeleteOperator', 412, 'DELETE', `${OPERATORS}/${spare}`, { headers: { 'if-match': '"99"' } }],
    ['softDeleteOperator', 204, 'DELETE', `${OPERATORS}/${gone.operatorId}`],
    ['softDeleteOperator', 404, 'DELETE', `${OPERATORS}/${gone.operatorId}`],
    ['listOperators', 200, 'GET', `${OPERATORS}?includeDeleted=true&sort=name`],
    ...routingCalls(gone.operatorId),
  ]
  t.same(new Set(calls.map(([operationId]) => operationId)), new Set(api.operations.keys()), 'none is forgotten')
  for (const [operationId, status, ...call] of calls) {
    const answer = await wire(...call)
    t.equal(answer.status, status, `${operationId} ${status}`)
    t.equal(api.complaint(operationId, answer), undefined, `${operationId} ${status} is as described`)
  }
  vault.faults.seal()
  t.teardown(() => vault.faults.unseal())
  for (const [operationId, method, path, json] of [
    ['createOperator', 'POST', OPERATORS, anOperator()],
    ['updateOperator', 'PATCH', ONE, { password: 'sealed' }],
  ] as const) {
    const answer = await wire(method, path, { json })
    t.match(answer, { status: 503, body: { code: 'VAULT_UNAVAILABLE' } })
    t.equal(api.complaint(operationId, answer), undefined)
    t.equal(answer.headers.get('retry-after'), String(answer.body.retryAfter))
  }
})

const routingCalls = (gone: string): readonly (readonly [string, number, ...Parameters<Wire>])[] => [
  ['getTpsLimit', 200, 'GET', `${ONE}/tps-limit`],
  ['getTpsLimit', 404, 'GET', `${OPERATORS}/nobody/tps-limit`],
  ['setTpsLimit', 200, 'PUT', `${ONE}/tps-limit`, { json: { maxTps: 7 } }],
  ['setTpsLimit', 400, 'PUT', `${ONE}/tps-limit`, { json: {} }],
  ['setTpsLimit', 412, 'PUT', `${ONE}/tps-limit`, { json: { maxTps: 7 }, headers: { 'if-match': '"99"' } }],
  ['createRoutingRule', 201, 'POST', RULES, { json: { ...aRule('+1'), mcc: '412', mnc: '01' } }],
  ['createRoutingRule', 400, 'POST', RULES, { json: aRule('+1'), headers: { 'idempotency-key': 'a b' } }],
  ['createRoutingRule', 404, 'POST', `${OPERATORS}/${gone}/routing-rules`, { json: aRule('+1') }],
  ['createRoutingRule', 409, 'POST', RULES, { json: aRule('+93') }],
  ['createRoutingRules', 200, 'POST', `${RULES}:bulk?dryRun=true`, { json: { rules: [aRule('+2')] } }],
  ['createRoutingRules', 201, 'POST', `${RULES}:bulk`, { json: { rules: [aRule('+2')] } }],
  ['createRoutingRules', 400, 'POST', `${RULES}:bulk`, { json: { rules: [aRule('2')] } }],
  ['createRoutingRules', 409, 'POST', `${RULES}:bulk`, { json: { rules: [aRule('+3'), aRule('+33')] } }],
  ['createRoutingRules', 413, 'POST', `${RULES}:bulk`, { body: ' '.repeat(5 * 1_048_576 + 1) }],
  ['listRoutingRules', 200, 'GET', `${RULES}?sort=prefix`],
  ['listRoutingRules', 400, 'GET', `${RULES}?sort=weight`],
  ['getRoutingRule', 200, 'GET', RULE],
  ['getRoutingRule', 404, 'GET', `${RULES}/none`],
  ['updateRoutingRule', 200, 'PATCH', RULE, { json: { weight: 7 } }],
  ['updateRoutingRule', 400, 'PATCH', RULE, { json: { prefix: '+4' } }],
  ['updateRoutingRule', 412, 'PATCH', RULE, { json: {}, headers: { 'if-match': '"1"' } }],
  ['deleteRoutingRule', 412, 'DELETE', RULE, { headers: { 'if-match': 'W/"1"' } }],
  ['listDestinationPrefixes', 200, 'GET', '/v1/admin/destination-prefixes'],
  ['listDestinationPrefixes', 400, 'GET', '/v1/admin/destination-prefixes?covers=9'],
  ['previewRouting', 200, 'GET', '/v1/admin/routing/preview?to=%2B9370'],
  ['previewRouting', 400, 'GET', '/v1/admin/routing/preview'],
  ['listAuditLog', 200, 'GET', '/v1/admin/audit-log'],
  ['listAuditLog', 400, 'GET', '/v1/admin/audit-log?cursor=x'],
  ['listOperatorAuditLog', 200, 'GET', `${OPERATORS}/${gone}/audit-log`],
  ['listOperatorAuditLog', 404, 'GET', `${OPERATORS}/nobody/audit-log`],
  ['listHealthLog', 200, 'GET', `${OPERATORS}/${gone}/health-log`],
  ['listHealthLog', 400, 'GET', `${ONE}/health-log?from=1`],
]

t.test('/docs is a page that needs nothing from elsewhere', async (t) => {
  const page = await fetch(`${service.app('admin-api').url}/docs`)
  t.equal(page.status, 200)
  t.match(page.headers.get('content-type'), /^text\/html/)
  t.match(page.headers.get('x-content-type-options'), 'nosniff')
  t.match(page.headers.get('content-security-policy'), /default-src/)
  const html = await page.text()
  const assets = [...html.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, reference]) => reference ?? '')
  t.ok(assets.some((asset) => asset.endsWith('.js')) && assets.some((asset) => asset.endsWith('.css')))
  for (const asset of assets) {
    t.notMatch(asset, /^(?:https?:)?\/\//)
    const answer = await fetch(new URL(asset, page.url.endsWith('/') ? page.url : `${page.url}/`))
    t.equal(answer.status, 200, asset)
    await answer.body?.cancel()
  }
})

t.test('every answer has the safe headers and a request id, errors too', async (t) => {
  const calls: readonly (readonly [status: number, ...call: Parameters<Wire>])[] = [
    [200, 'GET', ONE],
    [200, 'HEAD', ONE],
    [200, 'GET', '/openapi.json'],
    [400, 'POST', OPERATORS, { json: {} }],
    [400, 'POST', OPERATORS, { body: '{' }],
    [400, 'GET', `${OPERATORS}/%zz`],
    [401, 'GET', ONE, { headers: { authorization: [] } }],
    [403, 'GET', ONE, { headers: { 'x-admin-id': 'somebody' } }],
    [404, 'GET', '/nothing'],
    [404, 'GET', `${OPERATORS}/nobody`],
    [404, 'POST', '/nothing', { body: 'x', headers: { 'content-type': 'text/plain' } }],
    [405, 'PUT', ONE, { json: {} }],
    [405, 'OPTIONS', OPERATORS],
    [412, 'PATCH', ONE, { json: {}, headers: { 'if-match': '"99"' } }],
    [413, 'POST', OPERATORS, { body: 'x'.repeat(1_048_577) }],
    [415, 'POST', OPERATORS, { body: 'x', headers: { 'content-type': 'text/plain' } }],
    [431, 'GET', ONE, { headers: { 'x-large': 'x'.repeat(20_000) } }],
    [204, 'DELETE', `${OPERATORS}/${(await createdOperator(admin)).operatorId}`],
  ]
  for (const [status, ...call] of calls) {
    const answer = await wire(...call)
    t.equal(answer.status, status, `${call[0]} ${call[1]}`)
    const safe = {
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
      'referrer-policy': 'no-referrer',
      'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
      'strict-transport-security': /max-age=\d{8}/,
      'x-request-id': /^[\w-]{1,64}$/,
    }
    t.match(Object.fromEntries(answer.headers), safe, `${status} has the headers`)
    t.equal(answer.headers.get('server') ?? answer.headers.get('x-powered-by'), null)
    if (status < 400) continue
    t.match(answer.headers.get('content-type'), /^application\/problem\+json/)
    t.match(answer.body, { type: /^urn:oms:problem:/, title: /./, status, detail: /./, code: /^[A-Z_]+$/ })
    t.equal(answer.body.requestId, answer.headers.get('x-request-id'))
  }
})

t.test('what is not HTTP is answered as a problem as well', async (t) => {
  const { hostname, port } = new URL(service.app('admin-api').url)
  const socket = connect({ host: hostname, port: Number(port) })
  let text = ''
  socket.setEncoding('utf8').on('data', (chunk: string) => (text += chunk))
  socket.write('NOT HTTP\r\n\r\n')
  await once(socket, 'close')
  t.match(text, /^HTTP\/1\.1 400 /)
  t.match(text, /content-type: application\/problem\+json/i)
  t.match(text, /x-request-id: /i)
  t.match(text, /x-content-type-options: nosniff/i)
})

t.test('an X-Request-Id that is harmless is kept, any other replaced', async (t) => {
  for (const id of ['a', 'trace_7-b', 'x'.repeat(64)]) {
    const { headers } = await wire('GET', ONE, { headers: { 'x-request-id': id } })
    t.equal(headers.get('x-request-id'), id)
  }
  for (const id of ['x'.repeat(65), 'a b', 'a;b', '<script>', ['a', 'b']]) {
    const { headers } = await wire('GET', ONE, { headers: { 'x-request-id': id } })
    t.match(headers.get('x-request-id'), /^[0-9a-f-]{36}$/, String(id).slice(0, 20))
  }
})

t.test('a method that a path does not know is 405 and names those that it knows', async (t) => {
  for (const [path, methods] of METHODS_BY_PATH) {
    const known = [...methods, ...(methods.includes('GET') ? ['HEAD'] : [])].sort()
    for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE', 'PROPFIND', 'LINK']) {
      if (known.includes(method)) continue
      const answer = await wire(method, path, ['POST', 'PUT', 'PATCH'].includes(method) ? { json: {} } : {})
      t.match(answer, { status: 405, body: { code: 'METHOD_NOT_ALLOWED' } }, `${method} ${path}`)
      t.equal(answer.headers.get('allow'), known.join(', '))
    }
  }
})

t.test('HEAD answers as GET does, without a body', async (t) => {
  for (const path of [ONE, OPERATORS, RULE, `${ONE}/tps-limit`, `${ONE}/audit-log`]) {
    const [head, get] = [await wire('HEAD', path), await wire('GET', path)]
    t.match(head, { status: 200, text: '' })
    for (const name of ['etag', 'content-type', 'content-length'])
      t.equal(head.headers.get(name), get.headers.get(name))
  }
})

t.test('ops:read may read and not write, in either form of the claim', async (t) => {
  for (const scope of ['ops:read', 'openid ops:read', ['openid', 'ops:read']]) {
    const headers = { authorization: `Bearer ${await service.token({ scope })}` }
    for (const path of [ONE, OPERATORS]) {
      t.equal((await wire('GET', path, { headers })).status, 200)
      t.equal((await wire('HEAD', path, { headers })).status, 200)
    }
    for (const [method, path, json] of [
      ['POST', OPERATORS, anOperator()],
      ['PATCH', ONE, { notes: 'x' }],
      ['DELETE', ONE, undefined],
      ['PUT', `${ONE}/tps-limit`, { maxTps: 1 }],
      ['POST', RULES, aRule('+5')],
      ['POST', `${RULES}:bulk?dryRun=true`, { rules: [aRule('+5')] }],
      ['PATCH', RULE, { weight: 1 }],
      ['DELETE', RULE, undefined],
    ] as const) {
      t.match(await wire(method, path, { json, headers }), { status: 403, body: { code: 'FORBIDDEN' } }, method)
    }
  }
  const headers = {
    authorization: `bearer  ${await service.token({ scope: ['ops:admin'], subject: 'carol@carrier' })}`,
  }
  const { body } = await wire('POST', OPERATORS, { json: anOperator(), headers })
  t.equal(body.createdBy, 'carol@carrier')
})

t.test('metrics and probes are on the management listener, and only there', async (t) => {
  for (const path of ['/metrics', '/health/live', '/health/ready', '/health/serving']) {
    t.equal((await wire('GET', path)).status, 404, path)
    const answers = () => fetch(`${service.app('admin-api').managementUrl}${path}`)
    await until(`200 at ${path}`, async () => ((await answers()).status === 200 ? true : undefined))
  }
  t.equal((await fetch(`${service.app('admin-api').managementUrl}${OPERATORS}`)).status, 404)
})
