import { anOperator, createdOperator, expectStatus, runApp, startService, unsettledReports, until } from '@oms/testkit'
import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'

const APPS = ['admin-api', 'internal-api', 'health-ingestor'] as const
/** The apps' own backstop, after which they end with code 1. */
const WITHIN_MS = 10_000

const service = await startService(t, { ownPostgres: true })
const { admin, events, nats, peer, redis, report, vault } = service
if (service.postgres === undefined) throw new TypeError('no PostgreSQL of its own')
const { postgres } = service

t.test('bad configuration: every problem is printed at once, without a value, and the code is 78', async (t) => {
  const required = {
    'admin-api': [
      'DATABASE_URL',
      'REDIS_URL',
      'NATS_URL',
      'VAULT_ADDR',
      'JWT_JWKS_URL',
      'JWT_ISSUER',
      'JWT_AUDIENCE',
      'IDEMPOTENCY_SECRET_PATH',
    ],
    'internal-api': [
      'DATABASE_URL',
      'REDIS_URL',
      'VAULT_ADDR',
      'TLS_CERT_PATH',
      'TLS_KEY_PATH',
      'TLS_CA_PATH',
      'INTERNAL_CLIENTS_PATH',
    ],
    'health-ingestor': ['DATABASE_URL', 'REDIS_URL', 'NATS_URL'],
  }
  const wrong = {
    NODE_ENV: 'production',
    DATABASE_URL: 'postgres://ops:hunter-two@db.example/ops',
    DATABASE_POOL: 'many',
    LOG_LEVEL: 'loud-value',
    MANAGEMENT_PORT: '99999',
    REDIS_URL: 'redis-value',
    DATABASE_PASSWORD_PATH: '/nowhere/password-value',
  }
  await Promise.all(
    APPS.map(async (app) => {
      const bare = await runApp(app, {})
      t.equal(bare.code, 78, `${app} without any`)
      for (const name of required[app]) t.match(bare.stderr, new RegExp(`^  ${name}: `, 'm'), `${app}: ${name}`)
      const bad = await runApp(app, wrong)
      t.equal(bad.code, 78, `${app} with bad ones`)
      for (const name of Object.keys(wrong).filter((each) => each !== 'NODE_ENV')) {
        t.match(bad.stderr, new RegExp(`^  ${name}: `, 'm'), `${app}: ${name}`)
      }
      t.notMatch(bad.stderr + bad.stdout, /hunter-two|loud-value|99999|many|redis-value|password-value/)
    }),
  )
})

const refusesConnections = (url: string) =>
  until(`${url} to refuse connections`, async () => {
    const { hostname, port } = new URL(url)
    const socket = connect(Number(port), hostname)
    return new Promise<true | undefined>((resolve) => {
      socket.once('connect', () => resolve(undefined)).once('error', () => resolve(true))
    }).finally(() => socket.destroy())
  })

t.test('SIGTERM: what is under way is answered, new connections are refused, and the code is 0', async (t) => {
  const { operatorId } = await createdOperator(admin)
  let arrived = 0
  vault.faults.onRequest(({ path }) => void (arrived += path.includes('/ops/operators/') ? 1 : 0))
  const undo = vault.faults.slow(1_500)
  const underWay = Promise.all([
    admin('POST', '/operators', anOperator()),
    admin('PATCH', `/operators/${operatorId}`, { notes: 'no Vault' }),
    peer(`/operators/${operatorId}/credentials`),
    peer('/operators'),
  ])
  let answered = false
  void underWay.finally(() => (answered = true))
  await until('requests that wait for Vault', async () => (arrived >= 2 ? true : undefined))
  const urls = [service.app('admin-api').url, service.app('internal-api').url]
  const ends = Promise.all((['admin-api', 'internal-api'] as const).map((app) => service.app(app).stop()))
  await Promise.all(urls.map(refusesConnections))
  t.notOk(answered, 'refused while others are still under way')
  const [created, patched, credentials, snapshot] = await underWay
  t.match([created.status, patched.status, credentials.status, snapshot.status], [201, 200, 200, 200])
  for (const { code, tookMs } of await ends) t.ok(code === 0 && tookMs < WITHIN_MS, `code ${code} after ${tookMs} ms`)
  undo()
  vault.faults.onRequest(undefined)

  await Promise.all((['admin-api', 'internal-api'] as const).map((app) => service.app(app).start()))
  const id = String(created.body.operatorId)
  expectStatus(await admin('GET', `/operators/${id}`), 200)
  await events.next('operator.config.created.v1', id)
})

t.test('SIGTERM during a burst of reports: the code is 0, and no report is lost', async (t) => {
  const ingestor = service.app('health-ingestor')
  const { operatorId } = await createdOperator(admin)
  const REPORTS = 300
  const burst = Promise.all(Array.from({ length: REPORTS }, () => report({ operatorId })))
  const { code, tookMs } = await ingestor.stop()
  t.ok(code === 0 && tookMs < WITHIN_MS, `code ${code} after ${tookMs} ms`)
  const newest = Math.max(...(await burst))
  await ingestor.start()
  await until('every report', async () => ((await unsettledReports(events.jetstream)) === 0 ? true : undefined))
  const [row] = await service.sql`
    SELECT last_stream_seq::integer AS seen FROM ops.operator_health WHERE operator_id = ${operatorId}`
  t.equal(row?.seen, newest)
})

type Outage = Readonly<{ begin(): Promise<unknown>; end(): Promise<unknown> }>
const OUTAGES: Readonly<Record<string, Outage>> = {
  'with PostgreSQL and NATS frozen': {
    begin: () => Promise.all([postgres.pause(), nats.pause()]),
    end: () => Promise.all([postgres.resume(), nats.resume()]),
  },
  'with PostgreSQL and Redis away and Vault hanging': {
    begin() {
      vault.faults.hang()
      return Promise.all([postgres.stop(), redis.stop()])
    },
    end() {
      vault.faults.clear()
      return Promise.all([postgres.start(), redis.start()])
    },
  },
  'with NATS and Redis frozen and Vault away': {
    begin: () => Promise.all([nats.pause(), redis.pause(), vault.faults.away()]),
    end: () => Promise.all([nats.resume(), redis.resume(), vault.faults.back()]),
  },
}

for (const [name, { begin, end }] of Object.entries(OUTAGES)) {
  t.test(`SIGTERM ${name}: every app ends in time with code 0, requests under way included`, async (t) => {
    await until(
      'all ready',
      async () => {
        const probes = await Promise.all(APPS.map((app) => service.app(app).probe('ready')))
        return probes.every(({ status }) => status === 200) ? true : undefined
      },
      30_000,
    )
    const { operatorId } = await createdOperator(admin)
    await begin()
    const underWay = Promise.allSettled([
      admin('POST', '/operators', anOperator()),
      admin('PATCH', `/operators/${operatorId}`, { password: 'under-way' }),
      admin('GET', `/operators/${operatorId}`),
      peer(`/operators/${operatorId}/credentials`),
      peer(`/operators/${operatorId}/health`),
    ])
    // Nothing tells from outside that they have arrived.
    await sleep(200)
    const ends = await Promise.all(APPS.map((app) => service.app(app).stop()))
    for (const [index, { code, tookMs }] of ends.entries()) {
      t.ok(code === 0 && tookMs < WITHIN_MS, `${APPS[index] ?? ''}: code ${code} after ${Math.round(tookMs)} ms`)
    }
    await underWay
    await end()
    await Promise.all(APPS.map((app) => service.app(app).start()))
  })
}
