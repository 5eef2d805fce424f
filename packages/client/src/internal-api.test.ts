import { until } from '@oms/devstack/clients'
import { createDevPki } from '@oms/devstack/pki'
import { setTimeout as sleep } from 'node:timers/promises'
import { inspect } from 'node:util'
import t from 'tap'
import { type Handler, startTlsServer } from '../test/support/tls-server.ts'
import { OperatorClientError } from './errors.ts'
import { createInternalApi } from './internal-api.ts'
import { TIMING } from './timing.ts'

type Tap = Pick<typeof t, 'teardown'>

const CANARY = 'c4n4ry!!'
const PATIENT_MS = 30_000
const pki = await createDevPki(t.testdir({}))

async function start(t: Tap, handler: Handler, requestTimeout = PATIENT_MS) {
  const server = await startTlsServer(t, pki, handler)
  const { cert, key } = pki.clients['smpp-connector']
  const api = createInternalApi({
    url: server.url,
    tls: { cert, key, ca: pki.ca },
    timing: { ...TIMING, requestTimeout },
    onProblem: () => {},
  })
  t.teardown(() => void api.close())
  return { ...server, api }
}

const failureOf = (call: Promise<unknown>): Promise<OperatorClientError> =>
  call.then(
    () => Promise.reject(new Error('did not reject')),
    (error: unknown) => (error instanceof OperatorClientError ? error : Promise.reject(error as Error)),
  )

const answerJson: Handler = ({ url }, response) => void response.end(JSON.stringify({ url }))

t.test('answers are parsed, and few connections are kept for many requests', async (t) => {
  const { api, connections } = await start(t, answerJson)
  for (let i = 0; i < 5; i++) t.same(await api.get('/operators/a'), { url: '/v1/internal/operators/a' })
  t.equal(connections(), 1)
  const many = Array.from({ length: 50 }, (_, index) => api.get(`/operators/${index}`))
  t.match((await Promise.all(many)).at(-1), { url: '/v1/internal/operators/49' })
  t.ok(connections() <= 8, `${connections()} connections`)
})

t.test('what the service refuses has a code, and nothing of the answer is told', async (t) => {
  let answer: { status: number; code?: string; body?: string; retryAfter?: string } = { status: 200 }
  const { api } = await start(t, (_, response) => {
    if (answer.retryAfter !== undefined) response.setHeader('retry-after', answer.retryAfter)
    response.setHeader('x-canary', CANARY).writeHead(answer.status)
    response.end(answer.body ?? JSON.stringify({ code: answer.code, detail: CANARY }))
  })
  const cases: [typeof answer, object][] = [
    [{ status: 404, code: 'OPERATOR_NOT_FOUND' }, { code: 'NOT_FOUND' }],
    [
      { status: 404, code: 'NOT_FOUND' },
      { code: 'REFUSED', message: /404 NOT_FOUND/ },
    ],
    [
      { status: 403, code: 'CLIENT_NOT_ALLOWED' },
      { code: 'REFUSED', message: /403 CLIENT_NOT_ALLOWED/ },
    ],
    [{ status: 401 }, { code: 'REFUSED', message: /401$/ }],
    [
      { status: 400, code: CANARY },
      { code: 'REFUSED', message: /400$/ },
    ],
    [
      { status: 503, code: 'VAULT_UNAVAILABLE', retryAfter: '3' },
      { code: 'UNAVAILABLE', retryAfterMs: 3_000 },
    ],
    [
      { status: 503, retryAfter: 'soon' },
      { code: 'UNAVAILABLE', retryAfterMs: undefined },
    ],
    [
      { status: 429, retryAfter: '1' },
      { code: 'UNAVAILABLE', retryAfterMs: 1_000 },
    ],
    [
      { status: 500, body: `<b>${CANARY}` },
      { code: 'UNAVAILABLE', message: /500/ },
    ],
    [{ status: 302 }, { code: 'UNAVAILABLE' }],
    [{ status: 304 }, { code: 'UNAVAILABLE' }],
    [
      { status: 200, body: `{"password":"${CANARY}` },
      { code: 'UNAVAILABLE', message: /no JSON/ },
    ],
  ]
  for (const [given, expected] of cases) {
    answer = given
    for (const call of [
      () => api.get('/operators'),
      ...(given.status === 200 ? [] : [() => api.stream('/operators')]),
    ]) {
      const failure = await failureOf(call())
      t.match(failure, expected, inspect(given))
      t.notOk(inspect(failure, { depth: 9, showHidden: true }).includes(CANARY))
    }
  }
})

t.test('an answer that does not end is not read to its end', async (t) => {
  const { api, open } = await start(t, (_, response) => {
    const more = () => {
      while (response.write(' '.repeat(1_000_000)));
    }
    response.on('drain', more).writeHead(200)
    more()
  })
  t.match(await failureOf(api.get('/operators/a')), { code: 'UNAVAILABLE', message: /too much/ })
  await until('its connection is closed', async () => (open() === 0 ? true : null))
})

t.test('bytes that are not HTTP are not told either', async (t) => {
  const { api } = await start(t, ({ socket }) => void socket.end(`HTTP/1.1 ${CANARY}\r\n\r\n`))
  const failure = await failureOf(api.get('/operators'))
  t.match(failure, { code: 'UNAVAILABLE', message: /HPE_/ })
  t.notOk(inspect(failure, { depth: 9, showHidden: true }).includes(CANARY))
})

t.test('a request on a kept connection that was closed under it is sent once more, and only then', async (t) => {
  const served = new WeakMap<object, number>()
  let resets = 1
  const { api, paths, connections } = await start(t, (request, response) => {
    const count = (served.get(request.socket) ?? 0) + 1
    served.set(request.socket, count)
    if (resets > 0 && (count > 1 || request.url?.endsWith('/fresh'))) {
      resets--
      request.socket.destroy()
    } else answerJson(request, response)
  })
  await Promise.all([api.get('/1'), api.get('/2')])
  t.match(await api.get('/3'), { url: '/v1/internal/3' })
  t.equal(paths.filter((path) => path.endsWith('/3')).length, 2)
  t.equal(connections(), 3, 'the second attempt trusts no other kept connection')

  resets = 2
  t.match(await failureOf(api.get('/fresh')), { code: 'UNAVAILABLE', message: /ECONNRESET/ })
  t.equal(paths.filter((path) => path.endsWith('/fresh')).length, 2, 'no third attempt')
  resets = 1
  t.match(await failureOf(api.get('/fresh')), { code: 'UNAVAILABLE' })
  t.equal(paths.filter((path) => path.endsWith('/fresh')).length, 3, 'a new connection that fails is no accident')
})

t.test('a whole answer has its time, however it trickles; queued requests end as well', async (t) => {
  const { api, open } = await start(
    t,
    ({ url }, response) => {
      if (url?.endsWith('/silent')) return
      const trickle = setInterval(() => response.write(' '), 10)
      response.on('close', () => clearInterval(trickle))
    },
    300,
  )
  t.match(await failureOf(api.get('/trickle')), { code: 'UNAVAILABLE', message: /in time/ })
  const many = Array.from({ length: 20 }, () => failureOf(api.get('/silent')))
  t.same(new Set((await Promise.all(many)).map(({ message }) => message)).size, 1)
  await until('their connections are closed', async () => (open() === 0 ? true : null))
})

t.test('who waits for a turn waits as long as others are answered', async (t) => {
  const slow: Handler = (request, response) => void setTimeout(() => answerJson(request, response), 100)
  const { api } = await start(t, slow, 1_000)
  const many = Array.from({ length: 120 }, (_, index) => api.get(`/operators/${index}`))
  t.same(
    (await Promise.allSettled(many)).filter(({ status }) => status === 'rejected'),
    [],
  )
})

t.test('a streamed answer may take long as long as the server is not silent', async (t) => {
  let finish = () => {}
  const { api, open } = await start(
    t,
    ({ url, headers }, response) => {
      if (headers['if-none-match'] === '"7"') return void response.writeHead(304, { etag: '"7"' }).end()
      response.setHeader('etag', '"7"').write('one,')
      if (url?.endsWith('/whole')) finish = () => response.end('two')
      if (url?.endsWith('/cut')) setImmediate(() => response.destroy())
    },
    1_500,
  )
  const whole = await api.stream('/whole')
  t.match(whole, { notModified: false, etag: '"7"' })
  let read = ''
  for await (const piece of whole.body) {
    read += Buffer.from(piece).toString()
    if (read !== 'one,') continue
    await sleep(1_800) // the reader's own time
    finish()
  }
  t.equal(read, 'one,two')

  const same = await api.stream('/whole', '"7"')
  t.match(same, { notModified: true, etag: '"7"' })
  for await (const _ of same.body) t.fail('a 304 has no body')
  t.equal(open(), 1, 'both used one connection, which is free again')

  const drain = async (path: string) => {
    for await (const _ of (await api.stream(path)).body);
  }
  await api.stream('/never-read')
  t.match(await failureOf(drain('/silent')), { code: 'UNAVAILABLE', message: /in time/ })
  t.match(await failureOf(drain('/cut')), { code: 'UNAVAILABLE', message: /ECONNRESET/ })
  for await (const _ of (await api.stream('/left')).body) break
  await until('no connection is held', async () => (open() === 0 ? true : null))
})

t.test('closing ends what is under way and what comes', async (t) => {
  const { api, paths, open } = await start(t, () => {})
  const waiting = [failureOf(api.get('/silent')), failureOf(api.stream('/silent'))]
  await until('both have arrived', async () => (paths.length === 2 ? true : null))
  await api.close()
  for (const failure of [...waiting, failureOf(api.get('/more'))]) {
    t.match(await failure, { code: 'UNAVAILABLE', message: /closed/ })
  }
  await until('no connection is left', async () => (open() === 0 ? true : null))
})

t.test('an address that can never work is told at once, one where nobody is when it is asked', async (t) => {
  const { cert, key } = pki.clients.stranger
  const make = (url: string) =>
    createInternalApi({ url, tls: { cert, key, ca: pki.ca }, timing: TIMING, onProblem: () => {} })
  for (const url of ['http://localhost:1', 'https://me:me@localhost:1', 'localhost', ''])
    t.throws(() => make(url), TypeError)
  const api = make('https://127.0.0.1:1')
  t.match(await failureOf(api.get('/operators')), { code: 'UNAVAILABLE', message: /ECONNREFUSED/ })
  await api.close()
})
