import { monitoringPrograms } from '@oms/devstack/monitoring'
import { execFile } from 'node:child_process'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import t from 'tap'
import { parse } from 'yaml'
import { knownMetrics, objectionsTo } from '../src/known-metrics.ts'
import { alertsIn, readRules, recordsIn, ruleFiles } from '../src/rule-files.ts'

const HERE = join(import.meta.dirname, '..')
const DEPENDENCIES = ['vault', 'postgres', 'redis', 'nats']
const run = promisify(execFile)

type UnitTests = Readonly<{
  tests: readonly Readonly<{
    alert_rule_test?: readonly Readonly<{
      alertname: string
      exp_alerts?: readonly Readonly<{ exp_labels: Readonly<Record<string, string>> }>[]
    }>[]
  }>[]
}>

const unitTestFiles = (await readdir(join(HERE, 'tests'))).map((name) => join(HERE, 'tests', name))
const rules = await readRules()
const alerts = alertsIn(rules)
const known = await knownMetrics()

t.test('promtool accepts the rules and the configuration, and every rule does as its unit tests say', async (t) => {
  const { promtool } = await monitoringPrograms()
  await t.resolves(run(promtool, ['check', 'rules', '--lint=all', '--lint-fatal', ...(await ruleFiles())]))
  await t.resolves(run(promtool, ['check', 'config', join(HERE, 'prometheus.yml')]))
  await Promise.all(unitTestFiles.map((file) => t.resolves(run(promtool, ['test', 'rules', file]), file)))
})

t.test('each severity of each alert is seen to fire and to stay silent', async (t) => {
  const files = await Promise.all(unitTestFiles.map(async (file) => parse(await readFile(file, 'utf8')) as UnitTests))
  const cases = files.flatMap(({ tests }) => tests.flatMap((test) => test.alert_rule_test ?? []))
  for (const { alert, labels } of alerts) {
    const own = cases.filter(({ alertname }) => alertname === alert)
    const fires = ({ exp_alerts = [] }: (typeof own)[number]) =>
      exp_alerts.some(({ exp_labels }) => exp_labels.severity === labels.severity)
    t.ok(own.some(fires), `${alert} ${labels.severity} fires`)
    if (alert !== 'OpsWatchdog') t.notOk(own.every(fires), `${alert} ${labels.severity} is silent`)
  }
})

t.test('every alert tells how bad it is, what is wrong, and where to read on', async (t) => {
  for (const { alert, labels, annotations } of alerts) {
    const { severity = '', dependency, depends_on: dependsOn } = labels
    t.ok(['critical', 'warning', alert === 'OpsWatchdog' ? 'none' : ''].includes(severity), `${alert} has a severity`)
    for (const named of [dependency ?? [], dependsOn?.split(',') ?? []].flat())
      t.ok(DEPENDENCIES.includes(named), named)
    t.ok(annotations.summary && annotations.description, `${alert} has texts`)
    t.match(annotations.runbook_url, /^https:\/\/.+\/runbooks\/[a-z-]+\.md$/, `${alert} has a runbook`)
  }
  const bases = new Set(alerts.map(({ annotations }) => annotations.runbook_url?.replace(/[a-z-]+\.md$/, '')))
  t.equal(bases.size, 1, 'all runbooks are in one place')
})

t.test('every metric that is asked for is shown by an app or recorded, with these labels and values', async (t) => {
  const queries = alerts.flatMap(({ annotations }) =>
    Object.values(annotations).flatMap((text) =>
      [...text.matchAll(/with (?:query|printf) "([^"]+)"/g)].map(([, query = '']) => query),
    ),
  )
  for (const expression of [...rules.map(({ expr }) => expr), ...queries]) {
    t.strictSame(objectionsTo(expression, known), [], expression)
  }
})

t.test('what is recorded is named level:metric:operations, and its window is the one in its name', async (t) => {
  for (const { record, expr } of recordsIn(rules)) {
    t.match(record, /^slo(_le)?:ops_[a-z_]+:[a-z0-9_]+$/)
    const [, window] = /rate(\w+)$/.exec(record) ?? []
    for (const [, range] of expr.matchAll(/\[(\w+)\]/g)) t.equal(range, window, `${record} of ${expr}`)
    for (const [, part] of expr.matchAll(/:\w*rate(\w+)/g)) t.ok(part === '5m' || part === window || !window, record)
  }
})

t.test('an expression that asks for what is not there is objected to', async (t) => {
  const cases: readonly (readonly [string, RegExp])[] = [
    ['rate(ops_nothing_total[5m])', /ops_nothing_total is no metric/],
    ['ops_pg_errors_total{result="ok"}', /no label result/],
    ['ops_vault_requests_total{result=~"error|lost"}', /no result lost/],
    ['ops_redis_set_total{job="internal-api"}', /no job internal-api/],
    ['sum by (reason) (ops_outbox_depth)', /label reason/],
    ['slo:ops_events:rate5m{slo="none"}', /no slo none/],
    ['ops_relay_latency_seconds{le="1"}', /is no metric/],
  ]
  for (const [expression, objection] of cases) t.match(objectionsTo(expression, known).join(), objection, expression)
  t.strictSame(objectionsTo('nodejs_gc_duration_seconds_sum{kind="major", job=~"$job"} and up', known), [])
})
