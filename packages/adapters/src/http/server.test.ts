import { DomainError } from '@oms/domain'
import { Type } from '@sinclair/typebox'
import { once } from 'node:events'
import { connect } from 'node:net'
import { Readable } from 'node:stream'
import { setTimeout } from 'node:timers/promises'
import t from 'tap'
import { httpDoubles } from '../../test/support/http-doubles.ts'
import { until } from '../../test/support/until.ts'
import { createLogger, createMetrics, currentTrace, openTrace } from '../telemetry/index.ts'
import {
  createServer,
  describeApi,
  type HttpServer,
  Problem,
  problemResponses,
  refuseOverload,
  showApiPage,
} from './index.ts'
import { SECURITY_HEADERS } from './security-headers.ts'

/** A body that begins and goes on for ever. */
function endless(): Readable {
  const body = new Readable({ read() {} })
  body.push('x')
  return body
}

type Tap = Pick<typeof t, 'teardown' | 'match'>

const Body = Type.Object(
  {
    name: Type.String({ maxLength: 8 }),
    port: Type.Integer({ minimum: 1, default: 2775 }),
    nested: Type.Optional(Type.Unknown()),
  },
  { additionalProperties: false },
)

const Query = Type.Object(
  {
    page: Type.Integer({ minimum: 1, default: 1 }),
    all: Type.Optional(Type.Boolean()),
    q: Type.Optional(Type.String()),
  },
  { additionalProperties: false },
)

async function start(t: Tap, more: (app: HttpServer) => Promise<void> | void = () => {}) {
  const doubles = httpDoubles()
  const app = createServer({ ...doubles, bodyLimit: 2_000 })
  await describeApi(app, { title: 'Test', version: '1.0.0', description: 'A test' })
  await showApiPage(app)
  app.post('/things', { schema: { body: Body, response: problemResponses() } }, async ({ body }) => body)
  app.patch('/things/:id', { schema: { body: Body }, config: { mergePatch: true } }, async ({ body }) => body)
  app.get('/things', { schema: { querystring: Query } }, async ({ query }) => query)
  app.delete('/things/:id', { schema: { operationId: 'deleteThing' } }, async (_, reply) => reply.code(204).send())
  app.get('/things/:id', async ({ params }) => params)
  app.post('/things/:id/rules::bulk', async () => ({}))
  app.get('/boom', async () => Promise.reject(new Error('canary: select * from secrets')))
  app.get('/missing', async () => Promise.reject(new DomainError('OPERATOR_NOT_FOUND', 'no such operator')))
  app.get('/vault', async () =>
    Promise.reject(new DomainError('VAULT_UNAVAILABLE', 'Vault is away', { retryAfter: 7 })),
  )
  await more(app)
  const url = await app.listen({ host: '127.0.0.1', port: 0 })
  t.teardown(() => app.close())

  async function call(method: string, path: string, body?: string | Buffer, type = 'application/json') {
    const answer = await fetch(`${url}${path}`, {
      method,
      ...(body === undefined ? {} : { body, headers: { 'content-type': type } }),
    })
    const text = await answer.text()
    for (const [name, value] of Object.entries(SECURITY_HEADERS)) {
      if (!path.startsWith('/docs')) t.match(answer.headers.get(name), value, `${method} ${path} ${name}`)
    }
    t.match(answer.headers.get('x-request-id'), /^[\w-]{1,64}$/)
    const json = /json/.test(answer.headers.get('content-type') ?? '') ? (JSON.parse(text) as unknown) : undefined
    return { status: answer.status, headers: answer.headers, text, json }
  }
  return { app, url, call, ...doubles }
}

const problem = (status: number, code: string, more: object = {}) => ({ status, json: { status, code, ...more } })

t.test('a valid body is taken with its defaults, and a bad one is refused field by field', async (t) => {
  const { call } = await start(t)
  t.match(await call('POST', '/things', '{"name":"a"}'), { status: 200, json: { name: 'a', port: 2775 } })

  const bad = await call('POST', '/things', '{"name":"canary-too-long","port":"1","extra":"canary"}')
  t.match(bad, problem(400, 'INVALID_PAYLOAD'))
  const { errors } = bad.json as { errors: { path: string; message: string }[] }
  t.same(errors.map(({ path }) => path).sort(), ['extra', 'name', 'port'])
  t.notOk(bad.text.includes('canary'))
  t.match(bad.headers.get('content-type'), 'application/problem+json')
  t.match(await call('POST', '/things', '{}'), problem(400, 'INVALID_PAYLOAD', { errors: [{ path: 'name' }] }))
  for (const body of ['[]', 'null', '"x"', '7'])
    t.match(await call('POST', '/things', body), problem(400, 'INVALID_PAYLOAD'))
})

t.test('bodies that are not safe JSON are refused', async (t) => {
  const { call } = await start(t)
  const path = (path: string) => problem(400, 'INVALID_PAYLOAD', { errors: [{ path }] })
  t.match(await call('POST', '/things', '{"name":'), problem(400, 'INVALID_PAYLOAD'))
  t.match(await call('POST', '/things', ''), problem(400, 'INVALID_PAYLOAD'))
  t.match(await call('POST', '/things'), problem(400, 'INVALID_PAYLOAD'), 'no body at all')
  t.match(await call('POST', '/things', Buffer.from([0x22, 0xff, 0x22])), problem(400, 'INVALID_PAYLOAD'), 'not UTF-8')
  t.match(await call('POST', '/things', '{"name":"a\\u0000b"}'), path('name'))
  t.match(await call('POST', '/things', '{"name":"a","nested":{"list":[1,{"x":"\\u0000"}]}}'), path('nested.list.1.x'))
  t.match(await call('POST', '/things', '{"name":"a","nested":{"a\\u0000":1}}'), path('nested.a?'))
  t.match(await call('POST', '/things', '{"name":"\\ud800"}'), path('name'))
  t.match(await call('POST', '/things', '{"__proto__":{"admin":true},"name":"a"}'), path('__proto__'))
  t.match(
    await call('POST', '/things', '{"name":"a","nested":{"__proto__":1,"__proto__":2}}'),
    path('nested.__proto__'),
  )
  t.match(
    await call('POST', '/things', '{"name":"a","nested":{"constructor":{"prototype":{}}}}'),
    path('nested.constructor'),
  )
  t.match(await call('POST', '/things', '{"name":"a","n\\u0061me":"b"}'), path('name'), 'a name twice')
  t.match(await call('POST', '/things', '{"name":"a","nested":[",",{"x":{},"x" :"\\""}]}'), path('nested.1.x'))
  const names = JSON.stringify(Object.fromEntries(Array.from({ length: 33 }, (_, index) => [`n${index}`, 1])))
  t.match(await call('POST', '/things', `{"name":"a","nested":[${names}]}`), path('nested.0'), 'a flood of names')
  const deep = `{"name":"a","nested":${'['.repeat(900)}${']'.repeat(900)}}`
  t.match(await call('POST', '/things', deep), problem(400, 'INVALID_PAYLOAD', { detail: /nested deeper/ }))
})

t.test('content types, sizes and methods that are not wanted are refused', async (t) => {
  const { call } = await start(t)
  t.match(await call('POST', '/things', 'name=a', 'text/plain'), problem(415, 'UNSUPPORTED_MEDIA_TYPE'))
  t.match(await call('POST', '/things', '{}', 'application/merge-patch+json'), problem(415, 'UNSUPPORTED_MEDIA_TYPE'))
  t.match(
    await call('POST', '/things', '{}', 'application/json; charset=latin1'),
    problem(415, 'UNSUPPORTED_MEDIA_TYPE'),
  )
  t.match(await call('POST', '/things', '{}', 'nonsense'), problem(415, 'UNSUPPORTED_MEDIA_TYPE'))
  const patch = await call('PATCH', '/things/1', '{"name":"a"}', 'application/merge-patch+json; charset="utf-8"')
  t.equal(patch.status, 200)
  t.match(await call('POST', '/things', `{"name":"${'x'.repeat(3_000)}"}`), problem(413, 'PAYLOAD_TOO_LARGE'))

  const large = Buffer.alloc(8 * 1024 * 1024, ' ')
  const answers = await Promise.all(Array.from({ length: 8 }, () => call('POST', '/things', large)))
  for (const answer of answers) t.match(answer, problem(413, 'PAYLOAD_TOO_LARGE'), 'told while it is still being sent')

  const wrong = await call('PUT', '/things/1', '{}')
  t.match(wrong, problem(405, 'METHOD_NOT_ALLOWED'))
  t.equal(wrong.headers.get('allow'), 'DELETE, GET, HEAD, PATCH')
  t.equal((await call('GET', '/things/1/rules:bulk')).headers.get('allow'), 'POST')
  t.match(await call('OPTIONS', '/things'), problem(405, 'METHOD_NOT_ALLOWED'))
  t.match(await call('PROPFIND', '/things'), problem(405, 'METHOD_NOT_ALLOWED'))
  t.match(await call('GET', '/nothing'), problem(404, 'NOT_FOUND', { instance: '/nothing' }))
  t.match(await call('POST', '/nothing', 'x', 'text/plain'), problem(404, 'NOT_FOUND'))
  t.match(await call('PROPFIND', '/nothing'), problem(404, 'NOT_FOUND'))
  t.equal((await call('DELETE', '/things/1', '', 'application/json')).status, 204, 'an empty body where none is wanted')
})

t.test('queries are converted, strictly, and odd URLs are refused', async (t) => {
  const { call } = await start(t)
  t.same((await call('GET', '/things?page=2&all=true')).json, { page: 2, all: true })
  t.same((await call('GET', '/things')).json, { page: 1 })
  for (const query of ['page=', 'page=1.5', 'page=0', 'page=x', 'page=1&page=2', 'all=1', 'sort=x', '__proto__=x']) {
    t.match(await call('GET', `/things?${query}`), problem(400, 'INVALID_PAYLOAD'), query)
  }
  t.match(await call('GET', '/things?sort=x'), problem(400, 'INVALID_PAYLOAD', { errors: [{ path: 'sort' }] }))
  const unasked = { errors: [{ path: 'all', message: 'is not a known parameter' }] }
  t.match(await call('DELETE', '/things/1?all=true'), problem(400, 'INVALID_PAYLOAD', unasked))
  for (const path of ['/things/%zz', '/things?q=%zz', '/things/a%00b', '/things?q=%00', '/things/%ff']) {
    t.match(await call('GET', path), problem(400, 'INVALID_PAYLOAD'), path)
  }
  t.equal((await call('GET', `/things/${'x'.repeat(500)}`)).status, 200)
})

t.test('failures keep their cause to the log', async (t) => {
  const { call, lines } = await start(t)
  const boom = await call('GET', '/boom')
  t.match(boom, problem(500, 'INTERNAL_ERROR', { requestId: boom.headers.get('x-request-id') }))
  t.notOk(boom.text.includes('canary'))
  t.equal(lines.filter(({ level }) => level === 50).length, 1)
  const vault = await call('GET', '/vault')
  t.match(vault, problem(503, 'VAULT_UNAVAILABLE', { retryAfter: 7 }))
  t.equal(vault.headers.get('retry-after'), '7')
})

t.test('each request leaves one line and one measurement, with the route and without the query', async (t) => {
  const { call, lines, observed } = await start(t)
  await call('GET', '/things/42?q=canary')
  await call('GET', '/missing')
  await call('GET', '/nowhere/canary')
  const requests = lines.filter(({ msg }) => msg === 'request')
  t.match(requests, [
    { method: 'GET', route: '/things/:id', status: 200, durationMs: Number, requestId: String },
    { route: '/missing', status: 404, code: 'OPERATOR_NOT_FOUND' },
    { route: 'unmatched', status: 404, code: 'NOT_FOUND' },
  ])
  t.equal(
    lines.filter(({ level }) => Number(level) >= 30 && level !== undefined).length,
    requests.length + listenLines(lines),
  )
  t.notOk(JSON.stringify(requests).includes('canary'))
  t.same(observed, [
    { method: 'GET', route: '/things/:id', status: '2xx' },
    { method: 'GET', route: '/missing', status: '4xx' },
    { method: 'GET', route: 'unmatched', status: '4xx' },
  ])
})

t.test(
  'a caller who leaves before its answer, or in the midst of it, leaves one line and one measurement, too',
  async (t) => {
    const asked = Promise.withResolvers<void>()
    const { url, lines, observed } = await start(t, (app) => {
      app.get('/hangs/:id', () => {
        asked.resolve()
        return new Promise(() => {})
      })
      app.get('/streams', async () => endless())
    })
    const leaving = new AbortController()
    const hanging = fetch(`${url}/hangs/42?q=canary`, { signal: leaving.signal })
    await asked.promise
    leaving.abort()
    await t.rejects(hanging)
    const streaming = new AbortController()
    const { status } = await fetch(`${url}/streams`, { signal: streaming.signal })
    t.equal(status, 200)
    streaming.abort()
    await until(() => observed.length === 2)
    t.same(observed, [
      { method: 'GET', route: '/hangs/:id', status: '4xx' },
      { method: 'GET', route: '/streams', status: '4xx' },
    ])
    const told = lines.filter(({ msg }) => String(msg).startsWith('request'))
    t.match(told, [
      { msg: 'request aborted by the caller', route: '/hangs/:id', durationMs: Number },
      { msg: 'request aborted by the caller', route: '/streams' },
    ])
    t.equal(told.length, 2)
    t.notOk(JSON.stringify(told).includes('canary'))
  },
)

const listenLines = (lines: { msg?: unknown }[]): number =>
  lines.filter(({ msg }) => typeof msg === 'string' && msg.startsWith('Server listening')).length

t.test('a harmless X-Request-Id is kept, any other is replaced', async (t) => {
  const { url } = await start(t)
  const idFor = async (given: string) =>
    (await fetch(`${url}/things`, { headers: { 'x-request-id': given } })).headers.get('x-request-id')
  t.equal(await idFor('kong_1-a'), 'kong_1-a')
  for (const given of ['with space', 'x'.repeat(65), 'a"b', '{}']) t.match(await idFor(given), /^[0-9a-f-]{36}$/)
})

t.test('the trace of the caller reaches the handler, its log lines and the line of the request', async (t) => {
  const lines: string[] = []
  const log = createLogger({ level: 'info', app: 'admin-api', destination: { write: (line) => void lines.push(line) } })
  const metrics = createMetrics({ app: 'admin-api', version: '1' })
  const app = createServer({ log, metrics, openTrace })
  t.teardown(() => app.close())
  app.post('/', { schema: { body: Body } }, async (request) => {
    request.log.info('in the handler')
    return { traceId: currentTrace()?.traceId }
  })
  const url = await app.listen({ host: '127.0.0.1', port: 0 })
  const traceId = '4bf92f3577b34da6a3ce929d0e0e4736'
  const answer = await fetch(url, {
    method: 'POST',
    body: '{"name":"a"}',
    headers: { 'content-type': 'application/json', traceparent: `00-${traceId}-00f067aa0ba902b7-01` },
  })
  t.same(await answer.json(), { traceId })
  await app.close()
  t.match((await metrics.render()).body, '_count{method="POST",route="/",status="2xx"} 1')
  for (const msg of ['in the handler', '"request"']) {
    t.match(
      lines.find((line) => line.includes(msg)),
      new RegExp(`"traceId":"${traceId}"`),
      msg,
    )
  }
})

t.test(
  'series are made by routes, not by callers: methods are bounded, and a first failure shows in a rate',
  async (t) => {
    const { log } = httpDoubles()
    const metrics = createMetrics({ app: 'admin-api', version: '1' })
    const app = createServer({ log, metrics, openTrace })
    t.teardown(() => app.close())
    app.get('/things/:id', async () => ({}))
    const url = await app.listen({ host: '127.0.0.1', port: 0 })
    const counts = async () =>
      (await metrics.render()).body
        .split('\n')
        .filter((line) => line.startsWith('ops_http_request_duration_seconds_count'))
    const count = 'ops_http_request_duration_seconds_count'
    const idle = [
      `${count}{method="GET",route="/things/:id",status="2xx"} 0`,
      `${count}{method="GET",route="/things/:id",status="5xx"} 0`,
    ]
    t.same(await counts(), idle)
    for (const method of ['PROPFIND', 'MKCOL', 'SEARCH', 'REPORT']) {
      for (const path of ['/things/1', '/elsewhere']) await fetch(url + path, { method })
    }
    t.same(await counts(), [...idle, `${count}{method="other",route="unmatched",status="4xx"} 8`])
  },
)

async function raw(url: string, text: string): Promise<string> {
  const { hostname, port } = new URL(url)
  const socket = connect(Number(port), hostname)
  let received = ''
  socket.on('data', (chunk: Buffer) => {
    received += chunk.toString()
  })
  socket.write(text)
  await once(socket, 'close')
  return received
}

t.test('what is not HTTP gets a problem with safe headers too', async (t) => {
  const { url } = await start(t)
  for (const [text, status] of [
    ['NONSENSE\r\n\r\n', 400],
    [`GET /things HTTP/1.1\r\nHost: x\r\nX-Big: ${'a'.repeat(20_000)}\r\n\r\n`, 431],
    ['POST /things HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n', 400],
  ] as const) {
    const answer = await raw(url, text)
    t.match(answer, new RegExp(`^HTTP/1.1 ${status} `))
    t.match(answer, 'application/problem+json')
    for (const [name, value] of Object.entries(SECURITY_HEADERS)) t.ok(answer.includes(`${name}: ${value}`), name)
    t.match(JSON.parse(answer.slice(answer.indexOf('\r\n\r\n'))), { code: 'INVALID_PAYLOAD', status })
  }
})

t.test('the API is described at /openapi.json and /docs, from the schemas that validate', async (t) => {
  const { call } = await start(t)
  const { json, status } = await call('GET', '/openapi.json')
  t.equal(status, 200)
  t.match(json, {
    openapi: /^3\.1/,
    paths: {
      '/things': {
        post: {
          responses: {
            400: {
              content: { 'application/problem+json': { examples: { INVALID_PAYLOAD: { value: { status: 400 } } } } },
            },
            503: { headers: { 'Retry-After': {} } },
          },
        },
        // The schema that validates wants `page`; who calls need not, for it has a default.
        get: { parameters: [{ name: 'page', required: false }, { name: 'all' }, { name: 'q' }] },
      },
    },
  })
  const { components } = json as { components: { schemas: { Problem: object } } }
  const { title: _, ...described } = JSON.parse(JSON.stringify(Problem)) as { title: string }
  t.same(components.schemas.Problem, described, 'said once, and referred to')
  t.match(JSON.stringify(json), '"$ref":"#/components/schemas/Problem"')
  const page = await call('GET', '/docs')
  t.match(page.text, /swagger/i)
  const asset = /(?:src|href)="([^"]+\.(?:js|css))"/.exec(page.text)?.[1] ?? ''
  t.notMatch(asset, /^https?:/)
  const policy = page.headers.get('content-security-policy') ?? ''
  t.match(policy, "'self'")
  t.equal((await call('GET', new URL(asset, 'http://x/docs/').pathname)).status, 200)
})

t.test('an overloaded server refuses with 503 and Retry-After', async (t) => {
  const { call, url } = await start(t, (app) => refuseOverload(app, { maxEventLoopDelayMs: 1e-3 }))
  const deadline = Date.now() + 20_000
  while ((await fetch(`${url}/things`)).status !== 503 && Date.now() < deadline) await setTimeout(50)
  const answer = await call('GET', '/things')
  t.match(answer, problem(503, 'SERVICE_OVERLOADED'))
  t.match(answer.headers.get('retry-after'), /^\d+$/)
})
