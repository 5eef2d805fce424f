import {
  anOperator,
  assertSound,
  createdOperator,
  expectStatus,
  footprint,
  footprintInPostgres,
  startService,
  until,
} from '@oms/testkit'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'

const service = await startService(t)
const { admin, cache, passwordIn, peer, report, secrets, sql, vault } = service
const { faults } = vault
const app = service.app('admin-api')

const create = (fields: Readonly<Record<string, unknown>> = {}) => createdOperator(admin, fields)
const rotate = (operatorId: string, password: string) => admin('PATCH', `/operators/${operatorId}`, { password })
const written = async () => {
  const { cleanups: _, ...rows } = await footprintInPostgres(service)
  return rows
}
const isWrite = ({ method, path }: { method: string; path: string }) => method !== 'GET' && path.includes('/data/')
const UNAVAILABLE = { status: 503, body: { code: 'VAULT_UNAVAILABLE', retryAfter: Number } }

/** The first create that succeeds, once the fault is over. */
const recovered = (order = anOperator()) =>
  until(
    'a create that succeeds',
    async () => {
      const answer = await admin('POST', '/operators', order)
      return answer.status === 201 ? answer : undefined
    },
    20_000,
  )

type Fault = Readonly<{ begin(): unknown; end(): unknown }>
const over = { end: () => faults.clear() }
const FAULTS: Readonly<Record<string, Fault>> = {
  away: { begin: () => faults.away(), end: () => faults.back() },
  sealed: { begin: () => faults.seal(), end: () => faults.unseal() },
  'answering 500': { begin: () => faults.fail(500), ...over },
  'refusing the token': { begin: () => faults.fail(403), ...over },
  'slower than 2 s, its writes landing late': { begin: () => faults.slow(2_300, { when: isWrite }), ...over },
  'cutting connections before it writes': { begin: () => faults.dropBeforeWrite({ when: isWrite }), ...over },
  'cutting connections after it has written': { begin: () => faults.dropAfterWrite({ when: isWrite }), ...over },
}

for (const [name, { begin, end }] of Object.entries(FAULTS)) {
  t.test(`US-OPS-01 AC4: Vault ${name}: create and rotation are 503, and nothing has changed`, async (t) => {
    const { operatorId } = await create({ password: 'before-1' })
    const { body: shown } = await admin('GET', `/operators/${operatorId}`)
    const order = anOperator()
    const before = await written()
    await begin()
    const answers = await Promise.all([admin('POST', '/operators', order), rotate(operatorId, 'after-1')])
    for (const { status, headers, body } of answers) {
      t.match({ status, body }, UNAVAILABLE)
      t.equal(headers.get('retry-after'), String(body.retryAfter))
    }
    t.same(await written(), before, 'no row, no history, no event')
    t.same((await admin('GET', `/operators/${operatorId}`)).body, shown)
    t.match((await admin('GET', `/operators?q=${String(order.host)}`)).body, { data: [], meta: { total: 0 } })
    await end()

    const { body } = await recovered(order)
    t.match(body, { version: 1, name: order.name }, 'name and endpoint are free again')
    t.equal(await passwordIn(operatorId, 1), 'before-1')
    const later = expectStatus(await rotate(operatorId, 'after-2'), 200)
    t.equal(later.body.version, 2)
    t.equal(await passwordIn(operatorId, Number(later.body.credentialsVersion)), 'after-2')
    t.match((await peer(`/operators/${operatorId}/credentials`)).body, { password: 'after-2' })
  })
}

t.test('Vault hanging: all that needs no Vault goes on, and so does health', async (t) => {
  const [kept, gone] = [await create(), await create()]
  faults.hang()
  // Under way while everything below is asked.
  const waiting = rotate(kept.operatorId, 'waiting')
  expectStatus(await admin('GET', `/operators/${kept.operatorId}`), 200)
  expectStatus(await admin('GET', '/operators?sort=name'), 200)
  expectStatus(await admin('PATCH', `/operators/${gone.operatorId}`, { notes: 'still', tpsLimit: { maxTps: 7 } }), 200)
  expectStatus(await admin('DELETE', `/operators/${gone.operatorId}`), 204)
  t.equal((await peer(`/operators/${kept.operatorId}`)).status, 200)
  await report({ operatorId: kept.operatorId })
  const key = await until('the health key', async () => {
    const text = await cache.get(`ops:health:${kept.operatorId}`)
    return text?.includes('HEALTHY') === true ? text : undefined
  })
  t.match(JSON.parse(key), { status: 'HEALTHY' })
  await service.events.next('operator.health.v1', kept.operatorId)
  await service.events.next('operator.config.deleted.v1', gone.operatorId)
  t.match(await waiting, UNAVAILABLE)
  faults.clear()
  await recovered()
})

t.test('US-OPS-08 AC5: /health/ready answers non-200 while Vault is unreachable, and serving goes on', async (t) => {
  const probes = async () => {
    const apps = ['admin-api', 'internal-api', 'health-ingestor'] as const
    const asked = apps.map(async (name) => {
      const of = service.app(name)
      return [(await of.probe('ready')).status, (await of.probe('serving')).status, (await of.probe('live')).status]
    })
    return (await Promise.all(asked)).join(' ')
  }
  const probed = (what: string, wanted: string) =>
    until(what, async () => ((await probes()) === wanted ? true : undefined))
  await probed('ready', '200,200,200 200,200,200 200,200,200')
  const NOT_READY = '503,200,200 503,200,200 200,200,200'
  const shown = (up: number, how: string) =>
    Promise.all(
      (['admin-api', 'internal-api'] as const).map(async (name) => {
        t.equal(await service.app(name).metric('ops_dependency_up', { dependency: 'vault' }), up, `${name} ${how}`)
      }),
    )
  faults.seal()
  await probed('not ready: sealed', NOT_READY)
  await shown(0, 'sealed')
  t.match((await app.probe('ready')).body, { dependencies: { vault: { state: 'down', latencyMs: Number } } })
  faults.unseal()
  await faults.away()
  await probed('not ready: away', NOT_READY)
  await shown(0, 'away')
  await faults.back()
  faults.hang()
  await probed('not ready: hanging', NOT_READY)
  await shown(0, 'hanging')
  faults.clear()
  await probed('ready again', '200,200,200 200,200,200 200,200,200')
  await shown(1, 'by itself')
})

t.test('with Vault hanging, rotations take half of the pool at most; the circuit opens; then it heals', async (t) => {
  const HALF = 5
  // Readiness is no proof that the circuit is closed: until one call has passed, it lets one try and refuses the rest.
  await recovered()
  const operators = await Promise.all(Array.from({ length: 2 * HALF }, () => create()))
  let arrived = 0
  faults.onRequest(({ path }) => void (arrived += path.includes('/metadata/') ? 1 : 0))
  faults.hang()
  const held = operators.slice(0, HALF).map(({ operatorId }) => rotate(operatorId, 'held'))
  await until('rotations that wait for Vault', async () => (arrived >= HALF ? true : undefined))

  let timedOut = false
  const answered = Promise.all(held).finally(() => (timedOut = true))
  const surplus = await Promise.all(operators.slice(HALF).map(({ operatorId }) => rotate(operatorId, 'surplus')))
  for (const { status, headers, body } of surplus) {
    t.match({ status, body }, { status: 503, body: { code: 'SERVICE_OVERLOADED', retryAfter: Number } })
    t.equal(headers.get('retry-after'), String(body.retryAfter))
  }
  const reads = await Promise.all(operators.map(({ operatorId }) => admin('GET', `/operators/${operatorId}`)))
  t.ok(reads.every(({ status, body }) => status === 200 && body.version === 1))
  t.notOk(timedOut, 'refused and read while the others still waited for Vault')
  for (const answer of await answered) t.match(answer, UNAVAILABLE)

  const sent = vault.requests.length
  const refused = await app.metric('ops_vault_requests_total', { result: 'circuit_open' })
  const answers = await Promise.all(operators.slice(0, HALF).map(({ operatorId }) => rotate(operatorId, 'open')))
  for (const answer of answers) t.match(answer, UNAVAILABLE)
  t.ok((await app.metric('ops_vault_requests_total', { result: 'circuit_open' })) > refused)
  const about = vault.requests.slice(sent).filter(({ path }) => path.includes('/ops/operators/'))
  t.ok(about.length < HALF, 'Vault is left alone')
  faults.clear()
  await recovered()
  for (const { operatorId } of operators) t.equal((await rotate(operatorId, 'healed')).status, 200)
})

t.test('an app that starts without Vault, and one whose token is revoked, recover by themselves', async (t) => {
  const newToken = async () => {
    const { auth } = await secrets('POST', 'auth/token/create', {
      body: { policies: ['ops-service-policy'], ttl: '1h' },
    })
    if (auth === null) throw new Error('no token')
    await writeFile(tokenPath, auth.client_token, { mode: 0o600 })
    return auth.client_token
  }
  const tokenPath = join(service.folder, 'vault-token')
  const first = await newToken()
  await app.stop()
  await faults.away()
  await app.startUnready({ VAULT_AUTH_METHOD: 'token', VAULT_TOKEN_PATH: tokenPath })
  expectStatus(await admin('GET', '/operators'), 200)
  t.match(await admin('POST', '/operators', anOperator()), UNAVAILABLE, 'started, and says so')
  await faults.back()
  const { body } = await recovered()

  await secrets('POST', 'auth/token/revoke', { body: { token: first } })
  const before = await written()
  t.match(await rotate(String(body.operatorId), 'revoked'), UNAVAILABLE)
  t.match(await admin('POST', '/operators', anOperator()), UNAVAILABLE)
  t.same(await written(), before)
  // A refused token is asked about anew once a second at most.
  await until('not ready', async () => {
    t.match(await rotate(String(body.operatorId), 'revoked'), UNAVAILABLE)
    return (await app.probe('ready')).status === 503 ? true : undefined
  })
  await newToken()
  await recovered()
  t.equal((await rotate(String(body.operatorId), 'restored')).status, 200)
})

t.test('the sweeper leaves no secret of a create that failed, those that landed late included', async (t) => {
  await until(
    'nothing to clean up',
    async () => {
      // Each secret is destroyed twice, ten minutes apart.
      await sql`UPDATE ops.credential_cleanup SET due_at = now() WHERE due_at > now() AND reason <> 'deleted'`
      const [row] = await sql`SELECT count(*)::integer AS left FROM ops.credential_cleanup WHERE reason <> 'deleted'`
      return row?.left === 0 ? true : undefined
    },
    60_000,
  )
  const { operators, secrets: kept } = await footprint(service)
  t.equal(kept, operators)
  await assertSound(service)
})
