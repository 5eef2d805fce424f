// A POST that is sent again: after its answer, during it, by many at once, and after the process that had it was killed.
import {
  anOperator,
  assertSound,
  createdOperator,
  expectStatus,
  footprint,
  outlast,
  prepareCrashes,
  startService,
  until,
  type WireAnswer,
  wireTo,
} from '@oms/testkit'
import { randomUUID } from 'node:crypto'
import t from 'tap'
import type { AdminKillPoint } from './mortal-main.ts'

const crashes = await prepareCrashes<AdminKillPoint>(t)
const service = await startService(t, {
  apps: { 'admin-api': 1, 'internal-api': 1, 'health-ingestor': 1 },
  entries: { 'admin-api': 'test/mortal-main.ts' },
  environment: { 'admin-api': crashes.environment },
})
const { admin, sql, vault } = service
const adminApi = service.app('admin-api')

type Fields = Readonly<Record<string, unknown>>
type Sending = Readonly<{ key?: string; headers?: Readonly<Record<string, string>> }>

/** A new connection to wherever the process listens now. */
const post = async (
  path: string,
  json: Fields,
  { key = randomUUID(), headers = {} }: Sending = {},
): Promise<WireAnswer> =>
  (await wireTo(service))('POST', `/v1/admin${path}`, { json, headers: { 'idempotency-key': key, ...headers } })

const isReplay = ({ headers }: WireAnswer): boolean => headers.get('idempotency-replayed') === 'true'

const told = ({ status, headers, text }: WireAnswer) => ({
  status,
  text,
  location: headers.get('location'),
  etag: headers.get('etag'),
  type: headers.get('content-type'),
})

const aRule = (prefix: string): Fields => ({ prefix, costPerSegment: '0.01' })

t.test('the same request again is the same answer, and nothing happens twice', async (t) => {
  const { operatorId } = await createdOperator(admin)
  const rules = `/operators/${operatorId}/routing-rules`
  const requests: readonly (readonly [string, Fields])[] = [
    ['/operators', anOperator({ password: 'nine-char' })],
    [rules, aRule('+1')],
    [`${rules}:bulk`, { rules: [aRule('+2'), aRule('+3')] }],
  ]
  for (const [path, json] of requests) {
    const key = randomUUID()
    const first = expectStatus(await post(path, json, { key }), 201) as WireAnswer
    t.notOk(isReplay(first))
    const before = await footprint(service)
    const again = await post(path, json, { key })
    t.ok(isReplay(again), path)
    t.same(told(again), told(first))
    const reordered = Object.fromEntries(Object.entries(json).toReversed())
    t.ok(isReplay(await post(path, reordered, { key })), 'the order of names does not count')
    t.same(await footprint(service), before)
  }
})

t.test('what has changed since does not change the answer', async (t) => {
  const [order, key] = [anOperator(), randomUUID()]
  const first = await post('/operators', order, { key })
  expectStatus(await admin('PATCH', `/operators/${String(first.body.operatorId)}`, { notes: 'changed' }), 200)
  t.same(told(await post('/operators', order, { key })), told(first))
  expectStatus(await admin('DELETE', `/operators/${String(first.body.operatorId)}`), 204)
  t.same(told(await post('/operators', order, { key })), told(first))
})

t.test('a key stands for one request of one caller', async (t) => {
  const { operatorId } = await createdOperator(admin)
  const [order, key] = [anOperator(), randomUUID()]
  expectStatus(await post('/operators', order, { key }), 201)
  const before = await footprint(service)
  const others: readonly (readonly [string, Fields])[] = [
    ['/operators', { ...order, port: 2776 }],
    ['/operators', { ...order, password: 'other-1' }],
    [`/operators/${operatorId}/routing-rules`, aRule('+1')],
  ]
  for (const [path, json] of others) {
    const { status, body } = await post(path, json, { key })
    t.match({ status, body }, { status: 409, body: { code: 'IDEMPOTENCY_CONFLICT' } })
  }
  t.same(await footprint(service), before)
  const zahra = { authorization: `Bearer ${await service.token({ subject: 'zahra' })}` }
  expectStatus(await post('/operators', anOperator(), { key, headers: zahra }), 201)
})

t.test('a failure is not kept: the key is free for another try', async (t) => {
  const order = anOperator()
  const { operatorId } = expectStatus(await admin('POST', '/operators', order), 201).body
  const key = randomUUID()
  t.equal((await post('/operators', order, { key })).body.code, 'DUPLICATE_OPERATOR')
  t.equal((await post('/operators', { ...order, port: 0 }, { key })).body.code, 'INVALID_PAYLOAD')
  vault.faults.fail(503, { when: ({ method }) => method !== 'GET', times: 3 })
  const away = anOperator()
  t.equal((await post('/operators', away, { key })).body.code, 'VAULT_UNAVAILABLE')
  vault.faults.clear()
  expectStatus(await admin('DELETE', `/operators/${String(operatorId)}`), 204)
  await until('Vault to be asked again', async () =>
    (await post('/operators', order, { key })).status === 201 ? true : undefined,
  )
  const rules = `/operators/${(await createdOperator(admin)).operatorId}/routing-rules`
  const other = randomUUID()
  expectStatus(await post(rules, aRule('+93')), 201)
  t.equal((await post(rules, aRule('+9370'), { key: other })).body.code, 'PREFIX_CONFLICT')
  t.equal((await post(rules, aRule('+94'), { key: other })).status, 201)
  t.same(await sql`SELECT FROM ops.idempotency_keys WHERE state = 'RUNNING'`, [])
})

t.test('of thirty that send one request at once, one acts and all hear the same', async (t) => {
  const { operatorId } = await createdOperator(admin)
  const requests: readonly (readonly [string, Fields])[] = [
    ['/operators', anOperator()],
    [`/operators/${operatorId}/routing-rules`, aRule('+1')],
    [`/operators/${operatorId}/routing-rules:bulk`, { rules: [aRule('+2')] }],
  ]
  for (const [path, json] of requests) {
    const [key, before] = [randomUUID(), await footprint(service)]
    const answers = await Promise.all(Array.from({ length: 30 }, () => post(path, json, { key })))
    t.equal(answers.filter((answer) => !isReplay(answer)).length, 1, path)
    t.equal(new Set(answers.map((answer) => JSON.stringify(told(answer)))).size, 1)
    t.equal(answers[0]?.status, 201)
    t.equal((await footprint(service)).history, before.history + 1)
  }
})

t.test('while the first request runs, another waits for five seconds and is told so', async (t) => {
  const [order, key] = [anOperator(), randomUUID()]
  const { operatorId } = await createdOperator(admin)
  // As a create leaves it whose process has gone, before the sweeper comes.
  await sql`INSERT INTO ops.idempotency_keys (subject, key, fingerprint, state, operator_id)
    SELECT subject, ${key}, fingerprint, 'RUNNING', ${operatorId} FROM ops.idempotency_keys LIMIT 1`
  t.equal(
    (await post('/operators', order, { key })).body.code,
    'IDEMPOTENCY_CONFLICT',
    'another request needs not wait',
  )
  const known = randomUUID()
  expectStatus(await post('/operators', order, { key: known }), 201)
  await sql`UPDATE ops.idempotency_keys SET state = 'RUNNING', answer = NULL WHERE key = ${known}`
  const since = performance.now()
  const { status, body, headers } = await post('/operators', order, { key: known })
  t.match({ status, body }, { status: 409, body: { code: 'IDEMPOTENCY_IN_PROGRESS' } })
  t.ok(Number(headers.get('retry-after')) > 0)
  t.ok(performance.now() - since >= 4_900, 'it did wait')
  await sql`DELETE FROM ops.idempotency_keys WHERE state = 'RUNNING'`
})

t.test('after a day the key is free', async (t) => {
  const { operatorId } = await createdOperator(admin)
  const [path, key] = [`/operators/${operatorId}/routing-rules`, randomUUID()]
  expectStatus(await post(path, aRule('+1'), { key }), 201)
  await sql`UPDATE ops.idempotency_keys SET created_at = now() - interval '24 hours 1 second' WHERE key = ${key}`
  const answer = expectStatus(await post(path, aRule('+2'), { key }), 201) as WireAnswer
  t.notOk(isReplay(answer))
})

t.test('a key that cannot be is refused; without one every request is a new one; a dry run takes none', async (t) => {
  const { operatorId } = await createdOperator(admin)
  const path = `/operators/${operatorId}/routing-rules`
  for (const key of [' ', 'with space', 'x'.repeat(256)])
    t.match(
      await post(path, aRule('+1'), { key }),
      { status: 400, body: { errors: [{ path: 'Idempotency-Key' }] } },
      key,
    )
  const key = randomUUID()
  expectStatus(await post(`${path}:bulk?dryRun=true`, { rules: [aRule('+1')] }, { key }), 200)
  expectStatus(await post(`${path}:bulk`, { rules: [aRule('+1')] }, { key }), 201)
  t.equal((await admin('POST', path, aRule('+2'))).status, 201)
  t.equal((await admin('POST', path, aRule('+2'))).status, 409)
})

t.test('no body, and above all no password, can be had from what is kept', async (t) => {
  const password = 'canary-idem-pw'
  expectStatus(await post('/operators', anOperator({ password })), 201)
  const rows = await sql`SELECT * FROM ops.idempotency_keys`
  t.notMatch(JSON.stringify(rows), password)
})

/** One for each state that a dead process can leave behind. */
const KILLED = [
  ['after operators.insertProvisional', 'a create'],
  ['after credentials.write', 'a create'],
  ['after operators.complete', 'a create'],
  ['after rules.insert', 'a rule'],
  ['after operators.change', 'a rule'],
  ['after rules.insert', 'a bulk'],
] as const satisfies readonly (readonly [AdminKillPoint, string])[]

for (const [point, what] of KILLED) {
  t.test(`${what} that is killed ${point} is done once, by the same request again`, async (t) => {
    const { operatorId } = await createdOperator(admin)
    const rules = `/operators/${operatorId}/routing-rules`
    const bulk = { rules: Array.from({ length: 2_000 }, (_, index) => aRule(`+1${String(index).padStart(4, '0')}`)) }
    const [path, json] = (
      {
        'a create': ['/operators', anOperator()],
        'a rule': [rules, aRule('+1')],
        'a bulk': [`${rules}:bulk`, bulk],
      } as const
    )[what]
    const key = randomUUID()
    const before = await footprint(service)
    await crashes.at(point, adminApi, () => post(path, json, { key }))
    await outlast(service, 'admin-api')
    await adminApi.start()
    const answer = expectStatus(await post(path, json, { key }), 201) as WireAnswer
    t.ok(isReplay(await post(path, json, { key })))
    t.equal(isReplay(answer), point === 'after operators.complete' || point === 'after operators.change')
    t.match(await footprint(service), { history: before.history + 1, versions: before.versions + 1 })
    await assertSound(service)
  })
}
