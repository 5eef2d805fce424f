import { monitoringPrograms } from '@oms/devstack/monitoring'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { knownMetrics, objectionsTo } from '../../prometheus/src/known-metrics.ts'
import { groupingLabelsOf, selectorsOf } from '../../prometheus/src/promql.ts'
import { dashboards } from '../src/dashboards.ts'
import { asPromQl, type PanelQuery, queriesOf } from './queries.ts'

const queries = Object.values(await dashboards()).flatMap(queriesOf)

// Prometheus shows alerts as a metric, too; `runbook` is a label that a query makes.
const ALERT_LABELS = ['alertname', 'alertstate', 'severity', 'dependency', 'depends_on', 'job', 'instance', 'runbook']
const known = new Map([
  ...(await knownMetrics()),
  ['ALERTS', { apps: [], values: Object.fromEntries(ALERT_LABELS.map((label) => [label, []])) }],
])

/** What is wrong with what it asks for, and with the labels that its lines are named by: the result must keep those. */
function objectionsToQuery({ expr, legend }: Pick<PanelQuery, 'expr' | 'legend'>): readonly string[] {
  const promQl = asPromQl(expr)
  const kept = groupingLabelsOf(promQl)
  const all = selectorsOf(promQl).flatMap(({ metric }) => Object.keys(known.get(metric)?.values ?? {}))
  const named = [...legend.matchAll(/\{\{(\w+)\}\}/g)].map(([, label = '']) => label)
  const missing = named.filter((label) => !(kept.length > 0 ? kept : all).includes(label))
  return [...objectionsTo(promQl, known), ...missing.map((label) => `the result has no label ${label}`)]
}

t.test(
  'every query asks for metrics, labels and values that exist, and names its lines by what it keeps',
  async (t) => {
    t.ok(queries.length > 80)
    for (const query of queries) t.strictSame(objectionsToQuery(query), [], `${query.where}: ${query.expr}`)
  },
)

t.test('a line that is named by a label which its result does not have is found', async (t) => {
  const named = (expr: string, legend: string) => objectionsToQuery({ expr, legend })
  t.strictSame(named('sum by (result) (ops_redis_set_total)', '{{result}}'), [])
  t.strictSame(named('sum by (result) (ops_redis_set_total)', '{{job}}'), ['the result has no label job'])
  t.strictSame(named('up', '{{job}} {{result}}'), ['the result has no label result'])
  t.match(named('rate(ops_no_such_total[$__rate_interval])', ''), [/is no metric/])
})

t.test('Prometheus itself takes every query', async (t) => {
  const { promtool } = await monitoringPrograms()
  const folder = mkdtempSync(join(tmpdir(), 'oms-queries-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  const check = (expressions: readonly string[]): string => {
    const file = join(folder, 'queries.json')
    const rules = expressions.map((expr, index) => ({ record: `query_${index}`, expr: asPromQl(expr) }))
    writeFileSync(file, JSON.stringify({ groups: [{ name: 'queries', rules }] }))
    return execFileSync(promtool, ['check', 'rules', file], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
  }
  t.match(check(queries.map(({ expr }) => expr)), `${queries.length} rules found`)
  t.throws(() => check(['sum by job (up)']))
})
