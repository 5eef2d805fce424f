import { monitoringPrograms } from '@oms/devstack/monitoring'
import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import t from 'tap'
import { parse } from 'yaml'
import { groupingLabelsOf, selectorsOf } from '../src/promql.ts'
import { alertsIn, readRules } from '../src/rule-files.ts'

const CONFIG = join(import.meta.dirname, '../alertmanager.yml')
const run = promisify(execFile)

type Matcher = Readonly<{ label: string; op: string; value: string }>
type Labels = Readonly<Record<string, string>>
type Inhibition = Readonly<{ source_matchers: string[]; target_matchers: string[]; equal?: string[] }>

const { inhibit_rules: inhibitions } = parse(await readFile(CONFIG, 'utf8')) as { inhibit_rules: Inhibition[] }
const rules = alertsIn(await readRules())
const alerts = rules.map(({ alert, labels }): Labels => ({ alertname: alert, ...labels }))
/** Those that a rule gives or its expression keeps. */
const labelNames = new Set([
  'alertname',
  ...rules.flatMap(({ labels, expr }) => [
    ...Object.keys(labels),
    ...groupingLabelsOf(expr),
    ...selectorsOf(expr).flatMap((selector) => selector.labels.map(({ name }) => name)),
  ]),
])

function matcherOf(text: string): Matcher {
  const [, label = '', op = '', value = ''] = /^(\w+)(=~|!~|!=|=)"(.*)"$/.exec(text) ?? []
  return { label, op, value }
}

/** https://prometheus.io/docs/alerting/latest/configuration/#matcher: anchored, and a label that is not there is empty. */
function matches(texts: readonly string[], labels: Labels): boolean {
  return texts.map(matcherOf).every(({ label, op, value }) => {
    const actual = labels[label] ?? ''
    const same = op.endsWith('~') ? new RegExp(`^(?:${value})$`).test(actual) : actual === value
    return same !== op.startsWith('!')
  })
}

const silenced = (source: Labels, target: Labels): boolean =>
  inhibitions.some(
    ({ source_matchers, target_matchers, equal = [] }) =>
      matches(source_matchers, source) &&
      matches(target_matchers, target) &&
      equal.every((label) => (source[label] ?? '') === (target[label] ?? '')),
  )

t.test('amtool accepts the configuration where its secrets are not, and every severity has its receiver', async (t) => {
  const { amtool } = await monitoringPrograms()
  await t.resolves(run(amtool, ['check-config', CONFIG]))
  const receiverOf = async (...labels: string[]) => {
    const { stdout } = await run(amtool, ['config', 'routes', 'test', `--config.file=${CONFIG}`, ...labels])
    return stdout.trim()
  }
  const expected = { critical: 'pager', warning: 'warnings', none: 'dead-mans-switch' }
  const kinds = new Map(alerts.map((labels) => [`${labels.severity} ${labels.dependency ?? ''}`, labels] as const))
  for (const [kind, labels] of kinds) {
    const receiver = await receiverOf(...Object.entries(labels).map(([label, value]) => `${label}=${value}`))
    t.equal(receiver, expected[labels.severity as keyof typeof expected], kind)
  }
  t.equal(await receiverOf('alertname=OfSomebodyElse'), 'warnings')
})

t.test('inhibitions ask for labels and values that alerts have', async (t) => {
  for (const { source_matchers, target_matchers, equal = [] } of inhibitions) {
    for (const label of [...[...source_matchers, ...target_matchers].map((text) => matcherOf(text).label), ...equal])
      t.ok(labelNames.has(label), `some alert has ${label}`)
    for (const side of [source_matchers, target_matchers])
      t.ok(
        alerts.some((labels) => matches(side, labels)),
        `some alert is ${side.join()}`,
      )
  }
})

t.test('the alert of a dependency silences all that depend on it, and nothing else', async (t) => {
  for (const dependency of ['vault', 'postgres', 'nats', 'redis']) {
    const source = { alertname: 'OpsAny', severity: 'warning', job: 'admin-api', dependency }
    t.ok(
      alerts.some((labels) => labels.dependency === dependency),
      `${dependency} has an alert`,
    )
    for (const labels of alerts) {
      const target: Labels = { job: 'health-ingestor', ...labels }
      const depends = (target.depends_on ?? '').split(',').includes(dependency)
      t.equal(silenced(source, target), depends, `${dependency} and ${target.alertname}`)
    }
  }
  t.notOk(silenced({ dependency: 'nats' }, { depends_on: 'notnats,nats-too' }))
})

t.test(
  'who is awake for an alert needs no ticket for it, and of an app that is gone nothing more is told',
  async (t) => {
    const [critical, warning] = ['critical', 'warning'].map((severity) => ({ alertname: 'OpsPublishBurn', severity }))
    t.ok(silenced({ ...critical, slo: 'publish' }, { ...warning, slo: 'publish' }))
    t.notOk(silenced({ ...warning, slo: 'publish' }, { ...critical, slo: 'publish' }))
    t.notOk(silenced({ ...critical, certificate: 'ca' }, { ...warning, certificate: 'server' }))

    const down = { alertname: 'OpsAppDown', severity: 'critical', job: 'admin-api' }
    t.ok(silenced(down, { alertname: 'OpsInstanceDown', severity: 'warning', job: 'admin-api' }))
    t.ok(silenced(down, { alertname: 'OpsAdminAvailabilityBurn', severity: 'critical', job: 'admin-api' }))
    t.notOk(silenced(down, { alertname: 'OpsInstanceDown', severity: 'warning', job: 'internal-api' }))
    t.notOk(silenced(down, { alertname: 'OpsOutboxOld', severity: 'critical' }))
    t.notOk(silenced(down, down))
    t.notOk(silenced(down, { alertname: 'OpsWatchdog', severity: 'none' }))

    const refused = { alertname: 'OpsVaultAuthErrors', severity: 'critical', dependency: 'vault', job: 'internal-api' }
    t.ok(silenced(refused, { ...refused, alertname: 'OpsVaultReadErrors' }))
    t.notOk(silenced(refused, { ...refused, alertname: 'OpsVaultErrors', job: 'admin-api' }))
  },
)
