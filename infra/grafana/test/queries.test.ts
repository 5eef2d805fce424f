import { monitoringPrograms } from '@oms/devstack/monitoring'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { groupingLabelsOf, selectorsOf } from '../../prometheus/src/promql.ts'
import { dashboards } from '../src/dashboards.ts'
import { knownMetrics, type Known } from './known-metrics.ts'
import { asPromQl, type PanelQuery, queriesOf } from './queries.ts'

const queries = Object.values(dashboards()).flatMap(queriesOf)

/** What is asked for and is not to be had. */
function unknownIn({ expr, legend }: Pick<PanelQuery, 'expr' | 'legend'>, known: ReadonlyMap<string, Known>): string[] {
  const promQl = asPromQl(expr)
  const selectors = selectorsOf(promQl)
  const found: string[] = []
  const there = new Set(selectors.flatMap(({ metric }) => Object.keys(known.get(metric)?.labels ?? {})))
  for (const [, label = ''] of promQl.matchAll(/label_replace\(.*?, "(\w+)",/g)) there.add(label)
  for (const { metric, labels } of selectors) {
    const has = known.get(metric)?.labels
    if (has === undefined) {
      found.push(metric)
      continue
    }
    for (const { name, op, value } of labels) {
      if (!Object.hasOwn(has, name)) found.push(`${metric}{${name}}`)
      const values = has[name]
      if (values === undefined || value.startsWith('$')) continue
      const wanted = op.endsWith('~') ? value.split('|') : [value]
      found.push(...wanted.filter((one) => !values.includes(one)).map((one) => `${metric}{${name}="${one}"}`))
    }
  }
  const named = [...legend.matchAll(/\{\{(\w+)\}\}/g)].map(([, label = '']) => label)
  const kept = groupingLabelsOf(promQl)
  found.push(...[...kept, ...named].filter((label) => !there.has(label)))
  if (kept.length > 0)
    found.push(...named.filter((label) => !kept.includes(label)).map((label) => `${label}, summed away`))
  return found
}

t.test(
  'every query asks for metrics, labels and values that exist, and names its lines by what it keeps',
  async (t) => {
    const known = await knownMetrics()
    t.ok(queries.length > 80)
    for (const query of queries) t.strictSame(unknownIn(query, known), [], `${query.where}: ${query.expr}`)
  },
)

t.test('a metric, a label, a value or a name of a line that does not exist is found', async (t) => {
  const known = await knownMetrics()
  const wrong = (expr: string, legend = '') => unknownIn({ expr, legend }, known)
  t.strictSame(wrong('ops_no_such_total'), ['ops_no_such_total'])
  t.strictSame(
    wrong('ops_vault_read_duration_seconds'),
    ['ops_vault_read_duration_seconds'],
    'a histogram has no such series',
  )
  t.strictSame(wrong('ops_redis_set_total{event="created"}'), ['ops_redis_set_total{event}'])
  t.strictSame(wrong('ops_redis_set_total{result=~"ok|failed"}'), ['ops_redis_set_total{result="failed"}'])
  t.strictSame(wrong('sum by (event) (rate(ops_redis_set_total[$__rate_interval]))'), ['event'])
  t.strictSame(wrong('sum by (result) (ops_redis_set_total)', '{{job}}'), ['job, summed away'])
  t.strictSame(wrong('up', '{{result}}'), ['result'])
  t.throws(() => wrong('rate(up[$__rate_interval)'), SyntaxError)
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
