import t from 'tap'
import { type App, createMetrics, FAMILIES } from './index.ts'

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
    'ops_outbox_depth 0',
  ]) {
    t.match(body, line)
  }
  t.match(await scrape('health-ingestor'), 'ops_health_transition_total{from="HEALTHY",to="DEGRADED"} 0')
  t.match(await scrape('internal-api'), 'ops_credentials_read_total{result="vault_error"} 0')
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

t.test('two registries in one process do not collide', async (t) => {
  const one = createMetrics({ app: 'admin-api', version: '1' })
  const two = createMetrics({ app: 'admin-api', version: '1' })
  one.operatorCreate.inc({ result: 'ok' })
  t.match((await one.render()).body, 'ops_operator_create_total{result="ok"} 1')
  t.match((await two.render()).body, 'ops_operator_create_total{result="ok"} 0')
})
