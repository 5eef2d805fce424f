import {
  anOperator,
  placesOf,
  startService,
  type Traces,
  tracesOf,
  until,
  type WireRequest,
  wireTo,
} from '@oms/testkit'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'

const CANARY = 'Zq9xKvT3'
const CONTROL = 'Wm7rHbL4'

// Persisted, so that the tokens which Vault has given out can be read.
const vaultState = await mkdtemp(join(tmpdir(), 'oms-canary-'))
t.teardown(() => rm(vaultState, { recursive: true, force: true }))
const trace = { LOG_LEVEL: 'trace' }
const service = await startService(t, {
  vault: { dir: vaultState },
  environment: { 'admin-api': trace, 'internal-api': trace, 'health-ingestor': trace },
})
const { cache, nats, peer, redis, report, secrets, vault } = service
const { faults } = vault
const wire = await wireTo(service)

/** Every answer of the admin API: body and headers, as they came. */
const answers: string[] = []
async function ask(method: string, path: string, request: WireRequest = {}) {
  const answer = await wire(method, `/v1/admin/operators${path}`, request)
  answers.push(`${answer.status} ${JSON.stringify([...answer.headers])} ${answer.text}`)
  return answer
}
const create = (fields: Readonly<Record<string, unknown>>) => ask('POST', '', { json: anOperator(fields) })
const APPS = ['admin-api', 'internal-api', 'health-ingestor'] as const
let planted = 0
/** One that lives to the end. */
let operatorId = ''
/** A password of its own for each attempt, at most 16 octets. */
const canary = () => `${CANARY}-${++planted}`

t.test('a canary is planted wherever a password can be sent', async (t) => {
  const order = anOperator({ password: canary(), notes: `a note that may be seen: ${CONTROL}` })
  const once = { json: order, headers: { 'idempotency-key': 'planted' } }
  const { status, body } = await ask('POST', '', once)
  t.equal(status, 201)
  t.equal((await ask('POST', '', once)).headers.get('idempotency-replayed'), 'true')
  const path = `/${String(body.operatorId)}`
  const patch = (json: unknown, request: WireRequest = {}) => ask('PATCH', path, { json, ...request })
  t.equal((await patch({ password: canary() })).status, 200)
  t.equal((await patch({ password: canary(), systemId: 'another', notes: `still ${CONTROL}` })).status, 200)
  await report({ operatorId: String(body.operatorId) })
  const read = await peer(`/operators${path}/credentials`)
  t.match(read.body, { password: `${CANARY}-${planted}` }, 'smpp-connector alone gets it')

  const valid = anOperator({ password: canary() })
  const notPasswords = [
    `${CANARY}-much-too-long-for-a-password`,
    `${CANARY}\u0001`,
    `${CANARY}\u0000`,
    `${CANARY} é`,
    [CANARY],
    { [CANARY]: CANARY },
  ]
  const truncated = JSON.stringify(valid).slice(0, -3)
  const json = { 'content-type': 'application/json' }
  const refused: Readonly<Record<string, readonly [number, () => Promise<{ status: number }>]>> = {
    'endpoint taken': [409, () => ask('POST', '', { json: { ...order, name: 'Another', systemId: 'another' } })],
    'name taken': [409, () => create({ name: order.name, password: canary() })],
    'another field invalid': [400, () => create({ port: 0, password: canary() })],
    'unknown field': [400, () => create({ passwort: canary() })],
    'value in the wrong field': [400, () => create({ host: `${CANARY} ${CANARY}`, password: canary() })],
    'as a parameter': [400, () => ask('POST', `?password=${canary()}`, { json: valid })],
    'truncated JSON': [400, () => ask('POST', '', { body: truncated, headers: json })],
    'JSON with a comma too many': [400, () => ask('POST', '', { body: `{"password":"${canary()}",}`, headers: json })],
    'no JSON': [
      415,
      () => ask('POST', '', { body: `password=${canary()}`, headers: { 'content-type': 'text/plain' } }),
    ],
    'too large': [413, () => create({ password: CANARY, notes: CANARY.repeat(200_000) })],
    'no token': [401, () => ask('POST', '', { json: valid, headers: { authorization: [] } })],
    'the canary as token': [401, () => ask('GET', '', { headers: { authorization: `Bearer ${canary()}` } })],
    'malformed If-Match': [400, () => patch({ password: canary() }, { headers: { 'if-match': CANARY } })],
    'version passed': [412, () => patch({ password: canary() }, { headers: { 'if-match': '"1"' } })],
    'transition refused': [409, () => patch({ password: canary(), status: 'SUSPENDED' })],
    'read-only field': [400, () => patch({ password: canary(), version: 9 })],
    'no such operator': [404, () => ask('PATCH', '/nobody', { json: { password: canary() } })],
    'no such method': [405, () => ask('PUT', path, { json: { password: canary() } })],
  }
  for (const [name, [wanted, attempt]] of Object.entries(refused)) t.equal((await attempt()).status, wanted, name)
  for (const password of [...notPasswords, null, 17, true]) {
    t.equal((await create({ password })).status, 400, `create: ${JSON.stringify(password)}`)
    t.equal((await patch({ password })).status, 400, `rotation: ${JSON.stringify(password)}`)
  }
  const both = anOperator({ password: canary() })
  const race = await Promise.all([ask('POST', '', { json: both }), ask('POST', '', { json: both })])
  t.same(new Set(race.map(({ status }) => status)), new Set([201, 409]))

  const isWrite = ({ method, path }: { method: string; path: string }) => method !== 'GET' && path.includes('/data/')
  const failures: readonly (readonly [begin: () => unknown, end: () => unknown])[] = [
    [() => faults.fail(500), () => faults.clear()],
    [() => faults.fail(400), () => faults.clear()],
    [() => faults.dropAfterWrite({ when: isWrite }), () => faults.clear()],
    [() => faults.hang({ when: isWrite }), () => faults.clear()],
    [() => faults.seal(), () => faults.unseal()],
    [() => faults.away(), () => faults.back()],
  ]
  for (const [begin, end] of failures) {
    await begin()
    const [failed, rotation, reading] = await Promise.all([
      create({ password: canary() }),
      patch({ password: canary() }),
      peer(`/operators${path}/credentials`),
    ])
    t.match([failed, rotation], [{ status: 503 }, { status: 503 }])
    if (reading.status !== 200) answers.push(JSON.stringify(reading))
    await end()
  }
  await redis.stop()
  await nats.stop()
  await until('a create without Redis and NATS', async () =>
    (await create({ password: canary() })).status === 201 ? true : undefined,
  )
  await redis.start()
  await nats.start()
  await secrets('DELETE', `secret/metadata/ops/operators${path}/credentials`)
  t.equal((await patch({ systemId: 'lost' })).status, 503, 'its secret is gone')
  t.equal((await ask('DELETE', path)).status, 204)
  t.equal((await patch({ password: canary() })).status, 404)
  await ask('GET', '?includeDeleted=true')
  operatorId = await until('a health key', async () => {
    const { body } = await create({ password: canary(), notes: CONTROL })
    return (await cache.exists(`ops:health:${String(body.operatorId)}`)) === 1 ? String(body.operatorId) : undefined
  })
  t.equal((await peer(`/operators/${operatorId}/credentials`)).status, 200)
})

let traces: Traces = {}

t.test('the canary, the tokens and the proofs of the runtime are nowhere but in Vault', async (t) => {
  await until('everything published', async () => {
    const [row] = await service.sql`SELECT count(*)::integer AS left FROM ops.outbox WHERE published_at IS NULL`
    return row?.left === 0 ? true : undefined
  })
  const running = await tracesOf(service)
  const ends = await Promise.all(APPS.map((app) => service.app(app).stop()))
  t.match(ends, [{ code: 0 }, { code: 0 }, { code: 0 }])
  // What they say on their way out is searched too.
  traces = { ...running, output: service.output(), answers: answers.join('\n') }

  const inVault = await readFile(join(vaultState, 'vault.json'), 'utf8')
  const tokens = [...new Set(inVault.match(/\bhv[sb]\.[\w-]{20,}/g))]
  const files = ['admin-api-secret-id', 'internal-api-secret-id', 'idempotency-secret']
  const proofs = await Promise.all(
    files.map(async (name) => (await readFile(join(service.folder, name), 'utf8')).trim()),
  )
  t.match(inVault, CANARY, 'the passwords are where they belong')
  t.ok(tokens.length >= 3, 'the tokens of both apps, and root')
  t.same(placesOf(CANARY, traces), [])
  for (const secret of [...tokens, ...proofs]) t.same(placesOf(secret, traces), [])
  t.same(placesOf('eyJhbGciOi', traces), [], 'nor any JWT')
})

t.test('the search finds what is there, in any disguise', (t) => {
  const everywhere = ['output', 'streams', 'redis', 'rows', 'pg_dump', 'answers'].filter((place) => place in traces)
  t.same(placesOf(operatorId, traces).toSorted(), [...everywhere, 'metrics'].toSorted())
  t.same(
    placesOf(CONTROL, traces).toSorted(),
    everywhere.filter((place) => place !== 'output' && place !== 'redis').toSorted(),
  )
  t.same(placesOf('ops_operator_create_total', traces), ['metrics'])
  const octets = Buffer.from(`"x": "${CANARY}"`)
  const disguised = {
    base64: octets.toString('base64'),
    base64url: octets.subarray(1).toString('base64url'),
    hex: octets.toString('hex').toUpperCase(),
    octets: JSON.stringify(octets),
  }
  t.same(placesOf(CANARY, disguised), Object.keys(disguised))
  t.end()
})
