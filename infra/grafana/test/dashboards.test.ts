import { FAMILIES } from '@oms/adapters/telemetry'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { alertsIn, readRules } from '../../prometheus/src/rule-files.ts'
import { dashboards } from '../src/dashboards.ts'
import { RUNBOOKS } from '../src/kit/runbooks.ts'
import { allPanels, panelsOf, queriesOf, variableNames } from './queries.ts'

const ROOT = join(import.meta.dirname, '../../..')
const all = Object.values(await dashboards())

const expressionsOn = (title: string): string =>
  all
    .filter((one) => one.title === title)
    .flatMap(queriesOf)
    .map(({ expr }) => expr)
    .join('\n')

t.test(
  'US-OPS-08 AC4: the dashboards show operator CRUD rates, Vault latency, publish success, health state map',
  async (t) => {
    const rates = expressionsOn('Operator Config Overview')
    for (const what of [
      'operator_create',
      'operator_update',
      'operator_delete',
      'routing_rule_create',
      'credentials_read',
    ]) {
      t.match(rates, `rate(ops_${what}_total[$__rate_interval])`, what)
    }
    for (const what of ['read', 'write']) {
      for (const q of [0.5, 0.95, 0.99]) {
        const quantile = `histogram_quantile(${q}, sum by (le) (rate(ops_vault_${what}_duration_seconds_bucket[`
        t.match(expressionsOn('Vault'), quantile, `${what} P${100 * q}`)
      }
    }
    t.match(
      expressionsOn('Events and outbox'),
      'sum (rate(ops_nats_publish_total{result="ok"}[$__rate_interval])) / sum (rate(ops_nats_publish_total[$__rate_interval]))',
    )
    const map = all.flatMap(panelsOf).find(({ title }) => title === 'Health state map')
    t.match(map, { type: 'stat', targets: [{ legendFormat: '{{operator_id}}' }] })
    const mapping = JSON.stringify(map?.fieldConfig?.defaults.mappings)
    for (const state of ['HEALTHY', 'UNKNOWN', 'DEGRADED', 'UNHEALTHY']) {
      t.match(map?.targets?.[0]?.expr, `max by (operator_id) (ops_operator_health{state="${state}"} == 1)`, state)
      t.match(mapping, new RegExp(`"text":"${state}","color":"\\w+"`), `${state} has a colour`)
    }
  },
)

t.test('S-READY Observability: all metric families are visible in a Grafana dashboard', async (t) => {
  const asked = all.flatMap(panelsOf).flatMap(({ targets = [] }) => targets.map(({ expr }) => expr))
  for (const { name } of Object.values(FAMILIES)) {
    const metric = new RegExp(`\\b${name}(_bucket|_sum|_count)?\\b`)
    t.ok(
      asked.some((expr) => metric.test(expr)),
      name,
    )
  }
})

t.test('every panel says what it shows, in which unit, and asks the chosen Prometheus', async (t) => {
  const chosen = { type: 'prometheus', uid: '$datasource' }
  for (const dashboard of all) {
    for (const { title, description, fieldConfig, targets, datasource } of panelsOf(dashboard)) {
      const where = `${dashboard.title} / ${title}`
      t.match(title, /^[A-Z0-9].{2,60}$/, where)
      t.match(description, /^.{20,}/, where)
      t.ok(fieldConfig?.defaults.unit, where)
      t.ok((targets ?? []).length > 0, where)
      t.strictSame(
        [datasource, ...(targets ?? []).map((target) => target.datasource)],
        [chosen, ...(targets ?? []).map(() => chosen)],
        where,
      )
      const refs = (targets ?? []).map(({ refId }) => refId)
      t.equal(new Set(refs).size, refs.length, `${where}: each query has a name of its own`)
    }
  }
})

t.test('panels lie side by side on the 24 columns, under headings, with ids of their own', async (t) => {
  for (const dashboard of all) {
    const panels = allPanels(dashboard)
    t.equal(panels[0]?.type, 'row')
    t.strictSame(
      panels.map(({ id }) => id),
      panels.map((_, index) => index + 1),
    )
    const taken = new Map<string, string>()
    for (const { title = '', gridPos } of panels) {
      const { x, y, w, h } = gridPos
      t.ok(x >= 0 && w > 0 && h > 0 && x + w <= 24, `${title} fits the width`)
      for (let column = x; column < x + w; column++) {
        for (let line = y; line < y + h; line++) {
          const cell = `${column},${line}`
          if (taken.has(cell)) t.fail(`${title} lies upon ${taken.get(cell)} at ${cell}`)
          taken.set(cell, title)
        }
      }
    }
    const lines = Math.max(...panels.map(({ gridPos }) => gridPos.y + gridPos.h))
    t.equal(taken.size, 24 * lines, `${dashboard.title} has no holes`)
  }
})

t.test('the first screen of each dashboard says whether anything is wrong', async (t) => {
  for (const dashboard of all) {
    const [heading, ...panels] = allPanels(dashboard)
    t.equal(heading?.title, 'Is anything wrong?', `of ${dashboard.title}`)
    const next = panels.findIndex(({ type }) => type === 'row')
    const lines = panels[next]?.gridPos.y ?? Infinity
    t.ok(lines <= 18, `${dashboard.title}: ${lines} lines of 30 pixels`)
  }
})

t.test('addresses are stable and differ, and every choice that a query uses is offered', async (t) => {
  const uids = all.map(({ uid }) => uid)
  t.equal(new Set(uids).size, all.length)
  for (const dashboard of all) {
    t.match(dashboard.uid, /^oms-[a-z]+$/)
    t.match(dashboard, { refresh: '30s', timezone: 'browser', schemaVersion: 42, description: /^.{20,}/ })
    t.ok(dashboard.tags?.includes('operator-management-service'))
    t.match(dashboard.links, [{ type: 'dashboards', tags: ['operator-management-service'] }, { url: /README\.md$/ }])
    const offered = variableNames(dashboard)
    t.equal(offered[0], 'datasource')
    const used = queriesOf(dashboard).flatMap(({ expr }) =>
      [...expr.matchAll(/\$([a-z_]\w*)/g)].map(([, name = '']) => name),
    )
    const builtIn = ['__rate_interval', '__range']
    t.strictSame(
      [...new Set(used)].filter((name) => !offered.includes(name) && !builtIn.includes(name)),
      [],
    )
    const unused = offered.filter((name) => name !== 'datasource' && !used.includes(name))
    t.strictSame(unused, [], `${dashboard.title}: a choice that changes nothing`)
  }
})

t.test('every link to a runbook points to one that is there', async (t) => {
  const files = readdirSync(join(ROOT, 'runbooks'))
  const text = JSON.stringify(all)
  const linked = [...text.matchAll(/\/runbooks\/([^"\\)]+)/g)].map(([, file = '']) => file)
  t.ok(linked.length > 100)
  const missing = linked.filter((file) => !files.includes(file) && file !== '${__value.text}')
  t.strictSame([...new Set(missing)], [])
})

t.test('the table of firing alerts leads from each alert to its runbook', async (t) => {
  const table = JSON.stringify(all.flatMap(panelsOf).find(({ title }) => title === 'Firing alerts'))
  const alerts = alertsIn(await readRules())
  t.ok(alerts.length > 20)
  for (const { alert, annotations } of alerts) {
    const [, file] = new RegExp(`^${RUNBOOKS}/([a-z-]+\\.md)$`).exec(annotations.runbook_url ?? '') ?? []
    t.ok(file, `the runbook of ${alert} is where the dashboards look for it`)
    t.match(table, `"${alert}":{"text":"${file}"`)
  }
})

t.test('the files are what the sources make', async (t) => {
  for (const [name, dashboard] of Object.entries(await dashboards())) {
    const file = readFileSync(join(ROOT, 'infra/grafana/dashboards', `${name}.json`), 'utf8')
    t.strictSame(JSON.parse(file), JSON.parse(JSON.stringify(dashboard)), name)
  }
})
