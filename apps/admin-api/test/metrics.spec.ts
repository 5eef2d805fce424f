import { anOperator, createdOperator, expectStatus, publishInbound, startService, until } from '@oms/testkit'
import t from 'tap'
import { documentedMetrics } from './support/documented-metrics.ts'
import { type ExposedFamily, type Labels, parseExposition } from './support/exposition.ts'

const APPS = ['admin-api', 'internal-api', 'health-ingestor'] as const
type App = (typeof APPS)[number]
type Scrape = Readonly<Record<App, ReadonlyMap<string, ExposedFamily>>>

const service = await startService(t)
const { admin, events, peer, report, vault } = service
const documented = documentedMetrics()
const STRANGE_PATH = '/stranger-41f7'

const scrapeOf = async (app: App) => parseExposition(await service.app(app).metrics())

async function scrape(): Promise<Scrape> {
  const [adminApi, internalApi, ingestor] = await Promise.all(APPS.map(scrapeOf))
  if (!adminApi || !internalApi || !ingestor) throw new Error('an app shows nothing')
  return { 'admin-api': adminApi, 'internal-api': internalApi, 'health-ingestor': ingestor }
}

/** The sum of the series of that name with these labels. */
const valueIn = (families: ReadonlyMap<string, ExposedFamily>, name: string, labels: Labels = {}): number =>
  (families.get(name.replace(/_count$/, '')) ?? families.get(name))?.series
    .filter((each) => each.name === name)
    .filter((each) => Object.entries(labels).every(([label, value]) => each.labels[label] === value))
    .reduce((sum, { value }) => sum + value, 0) ?? Number.NaN

/** The same of whoever holds the lease of the relay. */
const relayed = (shown: Scrape, name: string, labels: Labels = {}): number =>
  valueIn(shown['admin-api'], name, labels) + valueIn(shown['health-ingestor'], name, labels)

const shownHealth = (shown: Scrape): Record<string, string | undefined> =>
  Object.fromEntries(
    APPS.flatMap((app) => shown[app].get('ops_operator_health')?.series ?? []).map(({ labels }) => [
      labels.operator_id ?? '',
      labels.state,
    ]),
  )

const scrapedWhen = (what: string, holds: (shown: Scrape) => boolean): Promise<Scrape> =>
  until(
    what,
    async () => {
      const shown = await scrape()
      return holds(shown) ? shown : undefined
    },
    60_000,
  )

t.test('S-READY Observability: /metrics, /health/live, /health/ready are up', async (t) => {
  for (const app of APPS) {
    for (const path of ['/metrics', '/health/live', '/health/ready']) {
      const answer = await fetch(service.app(app).managementUrl + path)
      t.equal(answer.status, 200, `${app} ${path}`)
      t.match(
        answer.headers.get('content-type'),
        path === '/metrics' ? 'text/plain; version=0.0.4' : 'application/json',
      )
      t.ok((await answer.text()).length > 0)
    }
  }
})

t.test('US-OPS-08 AC1: all metric families defined in OBSERVABILITY.md are exposed at /metrics', async (t) => {
  const kept = await createdOperator(admin, { host: 'one.example' })
  const gone = await createdOperator(admin)
  const duplicate = anOperator({ host: kept.host, systemId: kept.systemId })
  expectStatus(await admin('POST', '/operators', duplicate), 409)
  vault.faults.fail(500)
  expectStatus(await admin('POST', '/operators', anOperator()), 503)
  vault.faults.clear()

  const path = `/operators/${kept.operatorId}`
  expectStatus(await admin('PATCH', path, { status: 'ACTIVE' }), 200)
  expectStatus(await admin('PATCH', '/operators/nobody', { notes: 'x' }), 404)
  expectStatus(await admin('PUT', `${path}/tps-limit`, { maxTps: 50 }), 200)
  const rule = { prefix: '+9370', costPerSegment: '0.0042' }
  expectStatus(await admin('POST', `${path}/routing-rules`, rule), 201)
  expectStatus(await admin('POST', `${path}/routing-rules`, rule), 409)
  t.equal((await peer(`${path}/credentials`)).status, 200)
  t.equal((await peer('/operators/nobody/credentials')).status, 404)

  await report({ operatorId: kept.operatorId })
  await report({ operatorId: 'nobody' })
  await publishInbound(events.jetstream, 'no report')
  const both = await scrapedWhen('the health of both', (shown) => shownHealth(shown)[kept.operatorId] === 'HEALTHY')
  t.same(shownHealth(both), { [kept.operatorId]: 'HEALTHY', [gone.operatorId]: 'UNKNOWN' })
  expectStatus(await admin('DELETE', `/operators/${gone.operatorId}`), 204)
  expectStatus(await admin('DELETE', `/operators/${gone.operatorId}`), 404)
  for (const method of ['GET', 'PROPFIND']) {
    const answer = await fetch(service.app('admin-api').url + STRANGE_PATH, { method })
    t.equal(answer.status, 404)
  }

  const shown = await scrapedWhen(
    'the last event',
    (now) =>
      relayed(now, 'ops_relay_latency_seconds_count') >= 13 &&
      relayed(now, 'ops_relay_leader') === 1 &&
      valueIn(now['health-ingestor'], 'ops_deadletter_total') === 2,
  )

  t.test('families, types and labels are those of the document, on the apps that it names', async (t) => {
    for (const app of APPS) {
      const wanted = documented.filter(({ apps }) => apps.includes(app))
      // The kernel's own numbers are read from /proc.
      const here = wanted.filter(({ name }) => process.platform === 'linux' || !name.startsWith('process_'))
      const exposed = [...shown[app].keys()]
      t.same(
        here.filter(({ name }) => !exposed.includes(name)).map(({ name }) => name),
        [],
        `${app} lacks none`,
      )
      t.same(
        exposed.filter((name) => wanted.every((family) => family.name !== name)),
        [],
        `${app} shows no other`,
      )
      for (const { name, type, labels } of wanted) {
        const family = shown[app].get(name)
        t.equal(family?.type ?? type, type, `type of ${name}`)
        for (const series of family?.series ?? []) {
          const unlike = Object.entries(series.labels).filter(([label, value]) => {
            const values = labels[label]
            return !(label in labels) || (values !== undefined && !values.includes(value))
          })
          const lacking = Object.keys(labels).filter((label) => !(label in series.labels))
          if (unlike.length > 0 || lacking.length > 0) t.fail(`labels of ${name} of ${app}`, { unlike, lacking })
        }
      }
    }
    const silent = documented.filter(({ name }) =>
      APPS.every((app) => (shown[app].get(name)?.series ?? []).length === 0),
    )
    t.same(
      silent.filter(({ name }) => name.startsWith('ops_')).map(({ name }) => name),
      [],
      'each has been seen',
    )
  })

  t.test('what was done is counted, by the app that did it', async (t) => {
    const counted: readonly (readonly [App, string, Labels, number])[] = [
      ['admin-api', 'ops_operator_create_total', { result: 'ok' }, 2],
      ['admin-api', 'ops_operator_create_total', { result: 'duplicate' }, 1],
      ['admin-api', 'ops_operator_create_total', { result: 'vault_error' }, 1],
      ['admin-api', 'ops_operator_create_total', { result: 'error' }, 0],
      ['admin-api', 'ops_operator_update_total', { result: 'ok' }, 2],
      ['admin-api', 'ops_operator_update_total', { result: 'not_found' }, 1],
      ['admin-api', 'ops_operator_delete_total', { result: 'ok' }, 1],
      ['admin-api', 'ops_operator_delete_total', { result: 'not_found' }, 1],
      ['admin-api', 'ops_routing_rule_create_total', { result: 'ok' }, 1],
      ['admin-api', 'ops_routing_rule_create_total', { result: 'conflict' }, 1],
      ['admin-api', 'ops_vault_requests_total', { op: 'write', result: 'ok' }, 2],
      ['admin-api', 'ops_redis_set_total', { result: 'ok' }, 2],
      ['admin-api', 'ops_vault_read_duration_seconds_count', {}, 0],
      ['internal-api', 'ops_credentials_read_total', { result: 'ok' }, 1],
      ['internal-api', 'ops_credentials_read_total', { result: 'not_found' }, 1],
      ['internal-api', 'ops_credentials_read_total', { result: 'missing' }, 0],
      ['internal-api', 'ops_vault_requests_total', { op: 'read', result: 'ok' }, 1],
      ['internal-api', 'ops_vault_read_duration_seconds_count', {}, 1],
      ['health-ingestor', 'ops_health_transition_total', { from: 'UNKNOWN', to: 'HEALTHY' }, 1],
      ['health-ingestor', 'ops_health_transition_total', {}, 1],
      ['health-ingestor', 'ops_redis_set_total', { result: 'ok' }, 1],
      ['health-ingestor', 'ops_health_ingest_latency_seconds_count', {}, 1],
      ['health-ingestor', 'ops_health_rejected_total', { reason: 'undecodable' }, 1],
      ['health-ingestor', 'ops_health_rejected_total', { reason: 'unknown_operator' }, 1],
      ['health-ingestor', 'ops_deadletter_total', { reason: 'undecodable' }, 1],
      ['health-ingestor', 'ops_deadletter_total', { reason: 'unknown_operator' }, 1],
    ]
    for (const [app, name, labels, value] of counted) {
      t.equal(valueIn(shown[app], name, labels), value, `${app} ${name} ${JSON.stringify(labels)}`)
    }
    t.ok(valueIn(shown['admin-api'], 'ops_vault_write_duration_seconds_count') >= 3, 'failed writes take time, too')
    const published = { created: 2, updated: 3, deleted: 1, health: 1, audit: 6 }
    for (const [event, count] of Object.entries(published)) {
      t.equal(relayed(shown, 'ops_nats_publish_total', { event, result: 'ok' }), count, event)
    }
  })

  t.test('requests are measured by template, and a stranger makes no series of his own', async (t) => {
    const requests = (labels: Labels) => valueIn(shown['admin-api'], 'ops_http_request_duration_seconds_count', labels)
    const creates = { method: 'POST', route: '/v1/admin/operators' }
    t.equal(requests({ ...creates, status: '2xx' }), 2)
    t.equal(requests({ ...creates, status: '4xx' }), 1)
    t.equal(requests({ ...creates, status: '5xx' }), 1)
    t.equal(requests({ route: '/v1/admin/operators/:operatorId', status: '2xx' }), 2, 'a PATCH and a DELETE')
    t.equal(requests({ route: 'unmatched', method: 'GET' }), 1)
    t.equal(requests({ route: 'unmatched', method: 'other' }), 1)
    const credentials = { route: '/v1/internal/operators/:operatorId/credentials', method: 'GET' }
    t.equal(valueIn(shown['internal-api'], 'ops_http_request_duration_seconds_count', credentials), 2)
    const labels = APPS.flatMap((app) =>
      [...shown[app].values()].flatMap(({ series }) => series.map((one) => one.labels)),
    )
    t.notMatch(JSON.stringify(labels), STRANGE_PATH)
  })

  t.test('each app tells of what it depends on', async (t) => {
    const states = (app: App) =>
      Object.fromEntries(
        (shown[app].get('ops_dependency_up')?.series ?? []).map(({ labels, value }) => [labels.dependency, value]),
      )
    t.same(states('admin-api'), { postgres: 1, vault: 1, redis: 1, nats: 1 })
    t.same(states('internal-api'), { postgres: 1, vault: 1, redis: 1 })
    t.same(states('health-ingestor'), { postgres: 1, redis: 1, nats: 1 })
  })

  t.test('an operator is told apart in its gauge alone, which goes with it', async (t) => {
    t.same(shownHealth(shown), { [kept.operatorId]: 'HEALTHY' })
    for (const app of APPS) {
      const naming = [...shown[app]].filter(([, { series }]) =>
        series.some(({ labels }) => Object.values(labels).some((value) => /[\da-f]{8}-[\da-f]{4}-/.test(value))),
      )
      t.same(
        naming.map(([name]) => name).filter((name) => name !== 'ops_operator_health'),
        [],
        app,
      )
    }
  })
})
