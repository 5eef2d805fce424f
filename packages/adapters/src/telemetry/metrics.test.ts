import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { type App, createMetrics, FAMILIES } from './index.ts'
import type { Family } from './metric-family.ts'

/** What operations, dashboards and alerts of others rely on, whatever values a label gains. */
const AGREED: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = {
  ops_operator_create_total: { result: ['ok', 'duplicate', 'vault_error'] },
  ops_operator_update_total: { result: ['ok', 'not_found', 'vault_error'] },
  ops_operator_delete_total: { result: ['ok', 'not_found'] },
  ops_credentials_read_total: { result: ['ok', 'not_found', 'vault_error'] },
  ops_vault_read_duration_seconds: {},
  ops_vault_write_duration_seconds: {},
  ops_vault_requests_total: { op: ['read', 'write'], result: ['ok', 'error'] },
  ops_nats_publish_total: { event: ['created', 'updated', 'deleted', 'health'], result: ['ok', 'error'] },
  ops_health_transition_total: {
    from: ['UNKNOWN', 'HEALTHY', 'DEGRADED', 'UNHEALTHY'],
    to: ['HEALTHY', 'DEGRADED', 'UNHEALTHY'],
  },
  ops_pg_errors_total: { op: ['insert', 'update', 'select'] },
  ops_redis_set_total: { result: ['ok', 'error'] },
  ops_routing_rule_create_total: { result: ['ok', 'conflict', 'error'] },
}

const scrape = async (app: App) => (await createMetrics({ app, version: '1.2.3' }).render()).body

t.test('each app shows the families that it can produce and no others', async (t) => {
  for (const app of ['admin-api', 'internal-api', 'health-ingestor'] as const) {
    const body = await scrape(app)
    for (const { name, apps } of Object.values(FAMILIES)) {
      t.equal(body.includes(`# TYPE ${name} `), (apps as readonly App[]).includes(app), `${name} of ${app}`)
    }
    t.match(body, 'process_cpu_seconds_total')
    t.match(body, `ops_build_info{app="${app}",version="1.2.3",node="${process.version}"} 1`)
  }
})

t.test('the families agreed with others have exactly their labels, and at least their values', (t) => {
  const families = new Map(Object.values<Family>(FAMILIES).map((family) => [family.name, family]))
  for (const [name, labels] of Object.entries(AGREED)) {
    const family = families.get(name)
    t.same(Object.keys(family?.labels ?? { absent: [] }).toSorted(), Object.keys(labels).toSorted(), name)
    for (const [label, values] of Object.entries(labels)) {
      const known = family?.labels[label] ?? []
      t.same(
        values.filter((value) => !known.includes(value)),
        [],
        `${label} of ${name}`,
      )
    }
  }
  t.end()
})

t.test('names and labels are those that dashboards and alerts use', async (t) => {
  const body = await scrape('admin-api')
  for (const line of [
    'ops_operator_create_total{result="ok"} 0',
    'ops_operator_create_total{result="duplicate"} 0',
    'ops_operator_create_total{result="vault_error"} 0',
    'ops_operator_update_total{result="not_found"} 0',
    'ops_operator_delete_total{result="not_found"} 0',
    'ops_nats_publish_total{event="created",result="ok"} 0',
    'ops_nats_publish_total{event="health",result="error"} 0',
    'ops_pg_errors_total{op="insert"} 0',
    'ops_redis_set_total{result="error"} 0',
    'ops_vault_requests_total{op="login",result="error"} 0',
    'ops_vault_read_duration_seconds_bucket{le="0.2"} 0',
    'ops_relay_leader 0',
    'ops_rotations_blocked_total 0',
  ]) {
    t.match(body, line)
  }
  t.match(await scrape('health-ingestor'), 'ops_health_transition_total{from="HEALTHY",to="DEGRADED"} 0')
  const internal = await scrape('internal-api')
  t.match(internal, 'ops_credentials_read_total{result="vault_error"} 0')
  t.match(internal, 'ops_credentials_read_total{result="missing"} 0')
  t.notMatch(
    internal + body,
    /^ops_(dependency_up|certificate_expiry_days|health_log_partitions_ahead|outbox_\w+)[{ ]/m,
  )
})

t.test('labels are bounded: gauges alone tell operators apart, and no label has many values', (t) => {
  const MANY = 10
  for (const { name, kind, labels } of Object.values<Family>(FAMILIES)) {
    if ('operator_id' in labels) t.equal(kind, 'gauge', name)
    for (const [label, values] of Object.entries(labels)) {
      if (typeof values === 'string')
        t.ok(['operator_id', 'route', 'app', 'version', 'node'].includes(label), `${name} has an open ${label}`)
      else t.ok(values.length > 0 && values.length <= MANY, `${label} of ${name}`)
    }
  }
  t.end()
})

t.test('a family of another app may be used without being shown', async (t) => {
  const metrics = createMetrics({ app: 'internal-api', version: '1' })
  metrics.operatorCreate.inc({ result: 'ok' })
  t.notOk((await metrics.render()).body.includes('ops_operator_create_total'))
})

t.test('gauges are refreshed before a scrape, and a refresh that fails does not fail the scrape', async (t) => {
  const metrics = createMetrics({ app: 'admin-api', version: '1' })
  metrics.onScrape(async () => metrics.outboxDepth.set(7))
  metrics.onScrape(() => {
    throw new Error('no database')
  })
  const { body, contentType } = await metrics.render()
  t.match(body, 'ops_outbox_depth 7')
  t.match(contentType, 'text/plain')
})

t.test('a refresh that hangs holds no scrape up, is not begun again, and sets its gauge when it ends', async (t) => {
  const metrics = createMetrics({ app: 'admin-api', version: '1', refreshWithinMs: 20 })
  const hanging = Promise.withResolvers<void>()
  let begun = 0
  metrics.onScrape(() => new Promise(() => {}))
  metrics.onScrape(async () => {
    begun += 1
    await hanging.promise
    metrics.outboxDepth.set(7)
  })
  metrics.onScrape(async () => metrics.outboxParked.set(3))
  for (const { body } of await Promise.all([metrics.render(), metrics.render()])) {
    t.notMatch(body, /^ops_outbox_depth /m)
    t.match(body, 'ops_outbox_parked 3')
  }
  await metrics.render()
  t.equal(begun, 1)
  hanging.resolve()
  t.match((await metrics.render()).body, 'ops_outbox_depth 7')
  await metrics.render()
  t.equal(begun, 2, 'then it is asked anew')
})

t.test('what gives up as late as a scrape does is still in it', async (t) => {
  const metrics = createMetrics({ app: 'admin-api', version: '1', refreshWithinMs: 20 })
  metrics.dependencyUp.set({ dependency: 'vault' }, 1)
  metrics.onScrape(async () => {
    await sleep(20)
    metrics.dependencyUp.set({ dependency: 'vault' }, 0)
  })
  t.match((await metrics.render()).body, 'ops_dependency_up{dependency="vault"} 0')
})

t.test('two registries in one process do not collide', async (t) => {
  const one = createMetrics({ app: 'admin-api', version: '1' })
  const two = createMetrics({ app: 'admin-api', version: '1' })
  one.operatorCreate.inc({ result: 'ok' })
  t.match((await one.render()).body, 'ops_operator_create_total{result="ok"} 1')
  t.match((await two.render()).body, 'ops_operator_create_total{result="ok"} 0')
})
