import { createAuthority, issueCertificate, spiffeId } from '@oms/devstack/pki'
import { anOperator, expectStatus, startService, until } from '@oms/testkit'
import { randomUUID } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { Agent } from 'node:https'
import { connect } from 'node:tls'
import t from 'tap'

const service = await startService(t, { apps: { 'admin-api': 1, 'internal-api': 1 } })
const { admin, peer, pki, secrets, vault } = service
const internal = service.app('internal-api')
const CONNECTOR = spiffeId('smpp-connector')

// The alert, or what is left of one when the client was still writing as the server closed.
const REFUSED_IN_TLS = /^ERR_SSL_|^EPROTO$|^ECONNRESET$|^EPIPE$/

const create = async (fields: Readonly<Record<string, unknown>> = {}) =>
  String(expectStatus(await admin('POST', '/operators', anOperator(fields)), 201).body.operatorId)
const credentialsOf = (operatorId: string) => `/operators/${operatorId}/credentials`

t.test('US-OPS-04 AC1: smpp-connector gets the metadata of the operator with the credentials of Vault', async (t) => {
  const order = anOperator({ systemType: 'SMS', bindType: 'TRANSMITTER', password: 's3cret-1' })
  const { operatorId } = expectStatus(await admin('POST', '/operators', order), 201).body
  const { host, port, systemId } = order
  const { status, headers, body } = await peer(credentialsOf(String(operatorId)))
  t.equal(status, 200)
  t.same(body, {
    operatorId,
    host,
    port,
    bindType: 'TRANSMITTER',
    systemType: 'SMS',
    tpsLimit: { maxTps: 100, burstMultiplier: 1.5, burstWindowMs: 1000, enforcementMode: 'HARD_REJECT' },
    systemId,
    password: 's3cret-1',
    credentialsVersion: 1,
    version: 1,
  })
  t.equal(headers['cache-control'], 'no-store')
  t.match(headers['content-type'], /^application\/json/)
})

t.test('US-OPS-04 AC2: no other answer of either API has the password', async (t) => {
  const order = anOperator({ password: 'only-one' })
  const created = expectStatus(await admin('POST', '/operators', order), 201)
  const operatorId = String(created.body.operatorId)
  const others = {
    create: created,
    update: expectStatus(await admin('PATCH', `/operators/${operatorId}`, { password: 'only-two' }), 200),
    get: expectStatus(await admin('GET', `/operators/${operatorId}`), 200),
    list: expectStatus(await admin('GET', '/operators?limit=200'), 200),
    'internal get': await peer(`/operators/${operatorId}`),
    'internal snapshot': await peer('/operators'),
    'internal health': await peer(`/operators/${operatorId}/health`),
  }
  for (const [name, { body }] of Object.entries(others)) {
    const text = JSON.stringify(body)
    t.match(text, operatorId.slice(0, 8), `${name} speaks of operators`)
    t.notMatch(text, /"password"|only-one|only-two/, name)
  }
  t.match((await peer(credentialsOf(operatorId))).body, { password: 'only-two', credentialsVersion: 2, version: 2 })
})

t.test('US-OPS-04 AC3: without a certificate that is good the handshake fails, and nothing is answered', async (t) => {
  const ca = { certificate: await readFile(pki.ca, 'utf8'), key: await readFile(pki.authority.key, 'utf8') }
  const threeDaysAgo = new Date(Date.now() - 3 * 86_400_000)
  const alien = await issueCertificate({ ca: await createAuthority({ cn: 'another CA' }), uris: [CONNECTOR] })
  const expired = await issueCertificate({ ca, uris: [CONNECTOR], days: 1, notBefore: threeDaysAgo })
  const only = (version: 'TLSv1.2' | 'TLSv1.3') => ({ minVersion: version, maxVersion: version }) as const

  const withoutCertificate = async (version: 'TLSv1.2' | 'TLSv1.3') => {
    const { port } = new URL(internal.url)
    const socket = connect({ host: '127.0.0.1', port: Number(port), ca: ca.certificate, ...only(version) })
    const seen: unknown[] = []
    socket.on('secureConnect', () => seen.push('connected'))
    socket.on('error', (error: NodeJS.ErrnoException) => seen.push(error.code))
    socket.on('data', () => seen.push('answered')).resume()
    await new Promise((closed) => socket.once('close', closed))
    return seen
  }
  t.match(await withoutCertificate('TLSv1.2'), ['ERR_SSL_SSL/TLS_ALERT_HANDSHAKE_FAILURE'])
  // In TLS 1.3 a client is done before the server has seen its certificate: the alert comes after.
  t.match(await withoutCertificate('TLSv1.3'), ['connected', 'ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED'])

  const path = credentialsOf(await create())
  for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
    t.equal((await peer(path, 'smpp-connector', only(version))).status, 200, `${version} itself is welcome`)
    await t.rejects(peer(path, 'none', only(version)), { code: REFUSED_IN_TLS }, `${version}, no certificate`)
    for (const [name, { certificate, key }] of Object.entries({ alien, expired })) {
      const options = { ...only(version), cert: certificate, key }
      await t.rejects(peer(path, 'none', options), { code: REFUSED_IN_TLS }, `${version}, ${name}`)
    }
  }
})

t.test('only smpp-connector may: routing-engine and a stranger are refused, whatever they ask for', async (t) => {
  const operatorId = await create({ password: 'not-yours' })
  for (const client of ['routing-engine', 'stranger'] as const) {
    for (const path of [credentialsOf(operatorId), credentialsOf('no-such-operator')]) {
      const { status, headers, body } = await peer(path, client)
      t.match({ status, body }, { status: 403, body: { code: 'CLIENT_NOT_ALLOWED', status: 403 } }, `${client} ${path}`)
      t.match(headers['content-type'], 'application/problem+json')
      t.notMatch(JSON.stringify(body), /not-yours/)
    }
  }
  t.equal((await peer(`/operators/${operatorId}`, 'routing-engine')).status, 200)
  t.equal((await peer(`/operators/${operatorId}`, 'stranger')).status, 403)
})

t.test('a deleted operator has no credentials from the very moment', async (t) => {
  const operatorId = await create()
  expectStatus(await admin('DELETE', `/operators/${operatorId}`), 204)
  const { status, headers, body } = await peer(credentialsOf(operatorId))
  t.match({ status, body }, { status: 404, body: { code: 'OPERATOR_NOT_FOUND' } })
  t.equal(headers['cache-control'], 'no-store')
})

t.test('an unknown or malformed operator id is an operator that is not there', async (t) => {
  for (const id of [
    '9b2e8f0e-0000-4000-8000-000000000000',
    '%20',
    '..%2F..%2Fsys',
    '-leading',
    'x'.repeat(65),
    '%0A',
  ]) {
    t.match(await peer(credentialsOf(id)), { status: 404, body: { code: 'OPERATOR_NOT_FOUND' } }, id)
  }
})

t.test(
  'a secret that was destroyed behind our back is CREDENTIALS_MISSING, an error in the log, and counted',
  async (t) => {
    const path = (operatorId: string, what: string) => `secret/${what}/ops/operators/${operatorId}/credentials`
    const [whole, version] = [await create(), await create()]
    await secrets('DELETE', path(whole, 'metadata'))
    await secrets('PUT', path(version, 'destroy'), { body: { versions: [1] } })
    for (const operatorId of [whole, version]) {
      t.match(await peer(credentialsOf(operatorId)), { status: 503, body: { code: 'CREDENTIALS_MISSING' } })
    }
    t.match(
      internal.logLines().findLast(({ level }) => level === 'error'),
      { code: 'CREDENTIALS_MISSING' },
    )
    t.equal(await internal.metric('ops_credentials_read_total', { result: 'missing' }), 2)
    t.equal(await internal.metric('ops_credentials_read_total', { result: 'vault_error' }), 0)
  },
)

t.test('a secret that is ahead of the operator stays invisible', async (t) => {
  const operatorId = await create({ password: 'of-row-1' })
  const body = { data: { systemId: 'elsewhere', password: 'ahead' } }
  await secrets('POST', `secret/data/ops/operators/${operatorId}/credentials`, { body })
  t.match(await peer(credentialsOf(operatorId)), { status: 200, body: { password: 'of-row-1', credentialsVersion: 1 } })
})

t.test('reads during rotations never show the password of one version with the number of another', async (t) => {
  const ROTATIONS = 6
  const operatorId = await create({ password: 'rotate-1' })
  let rotating = true
  const read = async (): Promise<number> => {
    let newest = 0
    while (rotating) {
      const { status, body } = await peer(credentialsOf(operatorId))
      const { credentialsVersion, version, password } = body
      if (status !== 200 || password !== `rotate-${String(credentialsVersion)}` || version !== credentialsVersion) {
        t.fail('an answer mixes versions', { status, body })
      }
      if (Number(version) < newest) t.fail('an older version came back')
      newest = Number(version)
    }
    return newest
  }
  const reading = Promise.all([read(), read()])
  for (let version = 2; version <= ROTATIONS; version++) {
    expectStatus(await admin('PATCH', `/operators/${operatorId}`, { password: `rotate-${version}` }), 200)
    // Committed is visible: at once, to the next read.
    t.match((await peer(credentialsOf(operatorId))).body, {
      password: `rotate-${version}`,
      credentialsVersion: version,
    })
  }
  rotating = false
  await reading
})

t.test('each read is logged with who asked and counted, without the secret', async (t) => {
  const operatorId = await create({ password: 'unlogged' })
  const count = (result: string) => internal.metric('ops_credentials_read_total', { result })
  const [ok, missing] = [await count('ok'), await count('not_found')]
  await peer(credentialsOf(operatorId))
  await peer(credentialsOf(operatorId))
  await peer(credentialsOf('nobody'))
  const readsOf = (id: string) =>
    internal.logLines().filter(({ action, operatorId }) => action === 'getCredentials' && operatorId === id)
  const line = { level: 'info', app: 'internal-api', client: CONNECTOR, durationMs: Number, requestId: String }
  t.match(await until('two lines', async () => (readsOf(operatorId).length === 2 ? readsOf(operatorId) : null)), [
    { ...line, result: 'ok', vaultPath: `secret/data/ops/operators/${operatorId}/credentials` },
    { ...line, result: 'ok' },
  ])
  t.match(await until('the failed read', async () => readsOf('nobody')[0]), { ...line, result: 'not_found' })
  t.equal(await count('ok'), ok + 2)
  t.equal(await count('not_found'), missing + 1)
  t.notMatch(service.output() + (await internal.metrics()), /unlogged/)
})

t.test('each line has the ids of a trace, and those of a request the same ones', async (t) => {
  const operatorId = await create()
  const requestId = `lines-${operatorId}`
  const traceId = randomUUID().replaceAll('-', '')
  const headers = { 'x-request-id': requestId, traceparent: `00-${traceId}-00f067aa0ba902b7-01` }
  for (const path of [
    credentialsOf(operatorId),
    '/operators',
    `/operators/${operatorId}`,
    `/operators/${operatorId}/health`,
  ])
    t.equal((await peer(path, 'smpp-connector', { headers })).status, 200)
  const told = () => internal.logLines().filter((line) => line.requestId === requestId)
  const lines = await until('all lines', async () => (told().length === 8 ? told() : undefined))
  t.same(lines.flatMap(({ msg, action }) => (msg === 'use case' ? [String(action)] : [])).toSorted(), [
    'getCredentials',
    'getOperator',
    'getOperatorHealth',
    'listOperators',
  ])
  for (const line of lines) t.match(line, { level: 'info', client: CONNECTOR, traceId, durationMs: Number })
  for (const app of ['admin-api', 'internal-api'] as const) {
    const all = service.app(app).logLines()
    const nowhere = all.filter(
      ({ traceId, spanId }) => !/^[0-9a-f]{32}$/.test(String(traceId)) || !/^[0-9a-f]{16}$/.test(String(spanId)),
    )
    t.same(nowhere, [], `${app}: lines without a place in a trace`)
    t.same(
      all.filter(({ level, ts, service }) => !level || !ts || service !== 'operator-management-service'),
      [],
    )
    const traces = new Map<unknown, Set<unknown>>()
    for (const { requestId, traceId } of all) {
      if (requestId !== undefined) traces.set(requestId, (traces.get(requestId) ?? new Set()).add(traceId))
    }
    t.ok(traces.size > 0)
    t.same(
      [...traces].filter(([, ids]) => ids.size !== 1),
      [],
      `${app}: requests whose lines stand in several traces`,
    )
  }
})

t.test('a kept connection serves many reads', async (t) => {
  const operatorId = await create()
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  t.teardown(() => agent.destroy())
  const ports: unknown[] = []
  agent.on('free', (socket: { localPort?: number }) => ports.push(socket.localPort))
  for (let read = 0; read < 5; read++) {
    const { status, headers } = await peer(credentialsOf(operatorId), 'smpp-connector', { agent })
    t.match({ status, connection: headers.connection }, { status: 200, connection: 'keep-alive' })
  }
  t.equal(new Set(ports).size, 1)
})

t.test(
  'US-OPS-04 AC4: with Vault away the answer is 503 with Retry-After in bounded time, and health by itself',
  async (t) => {
    const operatorId = await create({ password: 'back-soon' })
    const failed = await internal.metric('ops_credentials_read_total', { result: 'vault_error' })
    await vault.faults.away()
    const since = performance.now()
    const { status, headers, body } = await peer(credentialsOf(operatorId))
    t.match({ status, body }, { status: 503, body: { code: 'VAULT_UNAVAILABLE', retryAfter: Number } })
    t.equal(headers['retry-after'], String(body.retryAfter))
    t.ok(performance.now() - since < 6_000, 'two attempts of 2 s at most')
    t.equal((await peer(`/operators/${operatorId}`)).status, 200, 'what needs no Vault goes on')
    t.equal(await internal.metric('ops_credentials_read_total', { result: 'vault_error' }), failed + 1)
    await vault.faults.back()
    const again = await until('credentials', async () => {
      const answer = await peer(credentialsOf(operatorId))
      return answer.status === 200 ? answer : undefined
    })
    t.match(again.body, { password: 'back-soon' })
  },
)
