import { issueCertificate, spiffeId } from '@oms/devstack/pki'
import { createdOperator, expectStatus, readApiDescription, startService, until } from '@oms/testkit'
import { randomUUID } from 'node:crypto'
import { readFile, rename, writeFile } from 'node:fs/promises'
import { Agent } from 'node:https'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { connect } from 'node:tls'
import t from 'tap'

const service = await startService(t)
const { admin, cache, peer, pki, redis, report, sql, vault } = service
const internal = service.app('internal-api')

type Entry = Readonly<Record<string, unknown>> & Readonly<{ operatorId: string; rules: readonly object[] }>
const create = async (fields: Readonly<Record<string, unknown>> = {}) =>
  (await createdOperator(admin, fields)).operatorId
const snapshot = async (client: 'smpp-connector' | 'routing-engine' = 'routing-engine') => {
  const { headers, body } = await peer('/operators', client)
  return { headers, generatedAt: String(body.generatedAt), operators: body.operators as readonly Entry[] }
}
const unlessModified = (etag: string | undefined) =>
  peer('/operators', 'routing-engine', { headers: { 'if-none-match': etag ?? '' } })
const healthOf = (operatorId: string) => peer(`/operators/${operatorId}/health`, 'routing-engine')

/** One rule of the operator, as the owner of the database. */
async function addRule(operatorId: string, rule: Readonly<Record<string, unknown>>): Promise<string> {
  const ruleId = randomUUID()
  const at = new Date()
  await sql`INSERT INTO ops.routing_rules ${sql({
    rule_id: ruleId,
    operator_id: operatorId,
    prefix: '+9370',
    cost_per_segment: '0.01',
    currency: 'USD',
    created_at: at,
    created_by: 'test',
    updated_at: at,
    updated_by: 'test',
    ...rule,
  })}`
  return ruleId
}

t.test('a snapshot holds each live operator with its rules, and who may read it', async (t) => {
  const operatorId = await create({ notes: 'with rules', mnoId: 'roshan' })
  const bare = await create()
  const first = await addRule(operatorId, { prefix: '+9370', cost_per_segment: '0.0125' })
  const second = await addRule(operatorId, { prefix: '+9379', mcc: '412', mnc: '01', active: false })
  const { headers, generatedAt, operators } = await snapshot()
  t.match(headers, { 'content-type': /^application\/json/, 'transfer-encoding': 'chunked', etag: /^"[^"]+"$/ })
  t.match(generatedAt, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)

  const { body: dto } = expectStatus(await admin('GET', `/operators/${operatorId}`), 200)
  const found = operators.find((one) => one.operatorId === operatorId)
  t.match(found, dto)
  t.match(found?.rules, [
    { ruleId: first, operatorId, prefix: '+9370', mcc: null, mnc: null, priority: 10, weight: 100, active: true },
    { ruleId: second, prefix: '+9379', mcc: '412', mnc: '01', active: false, allowNested: false, currency: 'USD' },
  ])
  t.match(found?.rules, [{ costPerSegment: '0.012500' }, { costPerSegment: '0.010000' }], 'six decimals')
  t.same(operators.find((one) => one.operatorId === bare)?.rules, [])
  t.same((await peer(`/operators/${operatorId}`, 'routing-engine')).body, found, 'one operator looks the same')

  t.equal((await peer('/operators', 'smpp-connector')).status, 200)
  for (const path of ['/operators', `/operators/${operatorId}`, `/operators/${operatorId}/health`]) {
    t.match(await peer(path, 'stranger'), { status: 403, body: { code: 'CLIENT_NOT_ALLOWED' } }, path)
  }
})

t.test('answers are as /openapi.json describes them, which those read who read the directory', async (t) => {
  const path = '/../../openapi.json'
  const served = await peer(path, 'routing-engine')
  t.same(served.body, JSON.parse(await readFile(new URL('../openapi.json', import.meta.url), 'utf8')))
  t.match(await peer(path, 'stranger'), { status: 403, body: { code: 'CLIENT_NOT_ALLOWED' } })
  const api = readApiDescription(served.body)
  const operatorId = await create()
  await addRule(operatorId, { mcc: '412' })
  for (const { operationId, path } of api.operations.values()) {
    for (const [id, status] of [
      [operatorId, 200],
      ['nobody', path.includes('{') ? 404 : 200],
    ] as const) {
      const answer = await peer(path.replace('/v1/internal', '').replace('{operatorId}', id))
      t.equal(answer.status, status, `${operationId} ${status}`)
      const headers = new Headers(Object.entries(answer.headers).map(([name, value]) => [name, String(value)]))
      t.equal(api.complaint(operationId, { ...answer, headers }), undefined, `${operationId} ${status} is as described`)
    }
  }
})

t.test('what is deleted, or not yet created, is in no answer', async (t) => {
  const [deleted, pending] = [await create(), await create()]
  expectStatus(await admin('DELETE', `/operators/${deleted}`), 204)
  await sql`UPDATE ops.operators SET provisioning = 'PENDING', credentials_version = 0, version = 0
    WHERE operator_id = ${pending}`
  const ids = new Set((await snapshot()).operators.map(({ operatorId }) => operatorId))
  for (const id of [deleted, pending, 'no-such-operator', '%20']) {
    t.notOk(ids.has(id))
    t.match(await peer(`/operators/${id}`), { status: 404, body: { code: 'OPERATOR_NOT_FOUND' } }, id)
  }
  await cache.del(`ops:health:${deleted}`, `ops:health:${pending}`)
  t.match(await healthOf(deleted), { status: 404, body: { code: 'OPERATOR_NOT_FOUND' } })
  t.match(await healthOf(pending), { status: 404, body: { code: 'OPERATOR_NOT_FOUND' } })
})

t.test('the ETag of a snapshot changes with the configuration, and not with health', async (t) => {
  const operatorId = await create()
  const { etag } = (await snapshot()).headers
  const unchanged = await unlessModified(etag)
  t.match(unchanged, { status: 304, headers: { etag } })
  t.same(unchanged.body, {})
  t.equal((await unlessModified(`W/${etag}`)).status, 304, 'compared weakly')
  t.equal((await unlessModified('"another"')).status, 200)

  await report({ operatorId })
  await until('HEALTHY', async () => ((await healthOf(operatorId)).body.healthState === 'HEALTHY' ? true : null))
  t.equal((await unlessModified(etag)).status, 304, 'health is advisory here')
  t.match(
    (await snapshot()).operators.find((one) => one.operatorId === operatorId),
    { healthState: 'HEALTHY' },
  )

  const tags = new Set([etag])
  for (const change of [
    () => admin('PATCH', `/operators/${operatorId}`, { notes: 'changed' }),
    () => admin('PATCH', `/operators/${operatorId}`, { password: 'rotated' }),
    () => admin('DELETE', `/operators/${operatorId}`),
    create,
  ]) {
    await change()
    const { status, headers } = await unlessModified([...tags].join(', '))
    t.equal(status, 200)
    tags.add(headers.etag)
  }
  t.equal(tags.size, 5)

  const other = await create()
  const { headers } = await peer(`/operators/${other}`)
  t.equal(headers.etag, '"1"', "one operator's tag is its version")
})

t.test('US-OPS-06 AC5: what Redis does not have is answered from PostgreSQL', async (t) => {
  const operatorId = await create()
  t.match((await healthOf(operatorId)).body, { healthState: 'UNKNOWN', lastReceivedAt: null, healthStale: false })
  await report({ operatorId, errorRate: 0.01 })
  const seen = await until('HEALTHY', async () => {
    const { body } = await healthOf(operatorId)
    return body.healthState === 'HEALTHY' ? body : undefined
  })
  t.match(seen, { operatorId, healthStale: false, source: 'redis', lastReceivedAt: /^\d{4}-\d\d-\d\dT.*\d{3}Z$/ })

  await cache.del(`ops:health:${operatorId}`)
  t.same((await healthOf(operatorId)).body, { ...seen, source: 'postgres' }, 'a miss: the same, from the record')

  await redis.stop()
  const without = await healthOf(operatorId)
  t.same([without.status, without.body], [200, { ...seen, source: 'postgres' }], 'Redis away')
  await sql`UPDATE ops.operator_health SET last_received_at = now() - interval '61 seconds'
    WHERE operator_id = ${operatorId}`
  const silent = { healthState: 'UNKNOWN', healthStale: true }
  t.match((await healthOf(operatorId)).body, { ...silent, source: 'postgres', lastReceivedAt: String })
  t.match((await peer(`/operators/${operatorId}`)).body, silent)
  t.match(
    (await snapshot()).operators.find((one) => one.operatorId === operatorId),
    silent,
  )
  t.match((await admin('GET', `/operators/${operatorId}`)).body, silent)

  await redis.start()
  await report({ operatorId })
  const back = await until('the key', async () => {
    const { body } = await healthOf(operatorId)
    return body.source === 'redis' ? body : undefined
  })
  t.match(back, { healthState: 'HEALTHY', healthStale: false })
})

t.test('a snapshot of a thousand operators comes whole, in pieces, from one instant', async (t) => {
  await sql`INSERT INTO ops.operators (operator_id, provisioning, name, host, port, system_id, bind_type, max_tps,
      credentials_version, version, created_at, created_by, updated_at, updated_by)
    SELECT 'bulk-' || n, 'READY', 'Bulk ' || n, 'bulk-' || n || '.example', 2775, 'bulk', 'TRANSCEIVER', 10, 1, 1,
      now(), 'test', now(), 'test' FROM generate_series(1, 1000) AS n`
  await sql`INSERT INTO ops.routing_rules (rule_id, operator_id, prefix, cost_per_segment, currency, created_at, created_by,
      updated_at, updated_by)
    SELECT gen_random_uuid(), 'bulk-' || n, '+93' || 70 + k, 0.01, 'USD', now(), 'test', now(), 'test'
    FROM generate_series(1, 1000) AS n, generate_series(1, 5) AS k`
  const readers = await Promise.all([snapshot(), snapshot('smpp-connector'), snapshot()])
  for (const { operators } of readers) {
    const bulk = operators.filter(({ operatorId }) => operatorId.startsWith('bulk-'))
    t.equal(new Set(bulk.map(({ operatorId }) => operatorId)).size, 1_000)
    t.equal(bulk.length, 1_000, 'none twice')
    t.ok(
      bulk.every(({ operatorId, rules }) =>
        rules.every((rule) => 'operatorId' in rule && rule.operatorId === operatorId),
      ),
    )
    t.ok(bulk.every(({ rules }) => rules.length === 5))
  }
  const aborted = peer('/operators', 'routing-engine', { signal: AbortSignal.timeout(15) })
  await aborted.catch(() => undefined)
  t.equal((await snapshot()).operators.length, readers[0].operators.length, 'a reader who leaves harms nobody')
})

const clientsFile = join(service.folder, 'clients.json')
const replace = async (path: string, text: string) => {
  await writeFile(`${path}.next`, text, { mode: 0o600 })
  await rename(`${path}.next`, path)
}
const logged = (msg: string) => until(msg, async () => internal.logLines().find((line) => line.msg === msg))

t.test(
  'a new certificate is served without a restart, and no request fails; a bad list of clients is refused',
  async (t) => {
    const serialNow = () =>
      new Promise<string>((resolve, reject) => {
        const socket = connect({
          host: '127.0.0.1',
          port: Number(new URL(internal.url).port),
          rejectUnauthorized: false,
        })
        socket.once('error', reject).once('secureConnect', () => {
          resolve(socket.getPeerCertificate().serialNumber.toLowerCase())
          socket.on('error', () => undefined).destroy()
        })
      })
    const before = await serialNow()
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    t.teardown(() => agent.destroy())
    const statuses: number[] = []
    let swapped = false
    const asking = Promise.all(
      [{ agent }, {}].map(async (options) => {
        for (let left = 3; left > 0; left -= swapped ? 1 : 0) {
          statuses.push((await peer('/operators/no-such-operator', 'smpp-connector', options)).status)
          await sleep(10)
        }
      }),
    )
    const ca = { certificate: await readFile(pki.ca, 'utf8'), key: await readFile(pki.authority.key, 'utf8') }
    const next = await issueCertificate({ ca, cn: 'server', dnsNames: ['localhost'], ipAddresses: ['127.0.0.1'] })
    await replace(clientsFile, '{ "not": "a list" }')
    await replace(pki.server.cert, next.certificate)
    await replace(pki.server.key, next.key)
    await logged('certificates swapped')
    await logged('changed files were refused; the old ones stay in force')
    swapped = true
    await asking
    t.not(before, next.serial.toLowerCase())
    t.equal(await serialNow(), next.serial.toLowerCase())
    t.same(new Set(statuses), new Set([404]), 'every request was answered, by the old list')
    t.equal(await internal.metric('ops_certificate_reload_failed', { file: 'clients' }), 1)
  },
)

t.test('a changed list of clients ends what it no longer allows after the answer under way', async (t) => {
  const operatorId = await create()
  const agent = new Agent({ keepAlive: true })
  const idle = new Agent({ keepAlive: true })
  t.teardown(() => {
    agent.destroy()
    idle.destroy()
  })
  const undo = vault.faults.slow(700)
  const kept = new Promise<true>((closed) =>
    idle.once('free', (socket: { once(event: 'close', told: () => void): void }) =>
      socket.once('close', () => closed(true)),
    ),
  )
  t.equal((await peer('/operators/no-such-operator', 'smpp-connector', { agent: idle })).status, 404)

  await replace(
    clientsFile,
    JSON.stringify({
      [spiffeId('smpp-connector')]: ['directory'],
      [spiffeId('routing-engine')]: ['directory', 'health'],
    }),
  )
  const read = () => peer(`/operators/${operatorId}/credentials`, 'smpp-connector', { agent })
  const reads: ReturnType<typeof read>[] = []
  let refused = false
  const deadline = Date.now() + 20_000
  while (!refused && Date.now() < deadline) {
    const one = read()
    one.then(
      ({ status }) => (refused ||= status === 403),
      () => undefined,
    )
    reads.push(one)
    await sleep(200)
  }
  const answers = await Promise.all(reads)
  undo()
  t.same(new Set(answers.map(({ status }) => status)), new Set([200, 403]), 'each was answered')
  t.ok(
    answers.some(({ status, headers }) => status === 200 && headers.connection === 'close'),
    'what was under way is finished, and its connection with it',
  )
  t.equal(await kept, true, 'an idle connection is closed')
  t.equal((await peer(`/operators/${operatorId}`, 'smpp-connector')).status, 200, 'what is still allowed goes on')
  t.equal(await internal.metric('ops_certificate_reload_failed', { file: 'clients' }), 0)
})
