import type { Panel } from '@grafana/grafana-foundation-sdk/dashboard'
import { PercentUnit, Seconds, Short } from '@grafana/grafana-foundation-sdk/units'
import type { AlertingRule } from '../../../prometheus/src/rule-files.ts'
import { firing } from '../kit/alerts.ts'
import { oldestEvent, oldestReport } from '../kit/backlog.ts'
import type { Row } from '../kit/layout.ts'
import { UP_OR_DOWN, wordsFor } from '../kit/mappings.ts'
import { OUR_JOBS } from '../kit/query.ts'
import { operatorsShowing, silentOperators } from '../kit/operators.ts'
import { stat } from '../kit/stat.ts'
import { badAbove, badBelow, GREEN, RED } from '../kit/thresholds.ts'
import { firingAlerts } from './firing-alerts.ts'

/** One alert may fire for several apps or reasons. */
const alertsFiring = (severity: 'critical' | 'warning'): string =>
  `count(count by (alertname) (${firing(severity)})) or vector(0)`

const criticalAlerts = (): Panel =>
  stat({
    title: 'Critical alerts',
    description:
      'Alerts that wake somebody. Not 0: the table below names each with its runbook; begin with a dependency.',
    unit: Short,
    queries: [{ expr: alertsFiring('critical') }],
    thresholds: badAbove({ critical: 1 }),
    width: 3,
  })

const warnings = (): Panel =>
  stat({
    title: 'Warnings',
    description: 'Alerts that become a ticket. Not 0: the table below names each with its runbook.',
    unit: Short,
    queries: [{ expr: alertsFiring('warning') }],
    thresholds: badAbove({ warning: 1 }),
    width: 3,
  })

const alerting = (): Panel =>
  stat({
    title: 'Alerting',
    description: 'OFF: Prometheus does not evaluate our rules, so that no alert can fire.',
    runbooks: ['watchdog'],
    unit: Short,
    queries: [{ expr: 'count(ALERTS{alertname="OpsWatchdog", alertstate="firing"}) or vector(0)' }],
    mappings: [wordsFor({ 0: { text: 'OFF', color: RED }, 1: { text: 'on', color: GREEN } })],
    width: 3,
  })

const replicas = (): Panel =>
  stat({
    title: 'Replicas that answer',
    description: 'Replicas of each app that Prometheus can scrape. 0: the app is down, and what it does stands still.',
    runbooks: ['app-down'],
    unit: Short,
    queries: [{ expr: `sum by (job) (up{${OUR_JOBS}})`, legend: '{{job}}' }],
    thresholds: badBelow({ critical: 1 }),
    showNames: true,
    width: 7,
  })

const dependencies = (): Panel =>
  stat({
    title: 'Dependencies',
    description: 'DOWN: at least one replica does not reach it. Which one stands on the dashboard Processes.',
    runbooks: ['postgres-errors', 'vault-unavailable', 'nats-publish-errors', 'redis-errors'],
    unit: Short,
    queries: [{ expr: 'min by (dependency) (ops_dependency_up)', legend: '{{dependency}}' }],
    mappings: [UP_OR_DOWN],
    showNames: true,
    width: 8,
  })

/** `objective`: the share that is promised; `wakes`: the share below which an hour of it wakes somebody. */
type Availability = Readonly<{ api: 'Admin' | 'Internal'; objective: number; wakes: number }>

const availability = ({ api, objective, wakes }: Availability): Panel => {
  const slo = `${api === 'Admin' ? 'admin' : 'internal'}-availability` as const
  return stat({
    title: `${api} API without 5xx`,
    description: `Share of the requests of the last 5 minutes that were not answered with a 5xx. The objective is ${100 * objective} % in 30 days.`,
    runbooks: [`slo-${slo}`],
    unit: PercentUnit,
    queries: [{ expr: `1 - slo:ops_bad_events:ratio_rate5m{slo="${slo}"}` }],
    thresholds: badBelow({ warning: objective, critical: wakes }),
    decimals: 2,
    width: 4,
  })
}

const credentialsLatency = (): Panel =>
  stat({
    title: 'Credentials, P95',
    description: 'How long peers waited for credentials in the last 5 minutes. The objective is 50 ms.',
    runbooks: ['slo-internal-latency'],
    unit: Seconds,
    queries: [{ expr: 'slo:ops_duration_seconds:p95_rate5m{slo="internal-latency"}' }],
    thresholds: badAbove({ warning: 0.05 }),
    width: 4,
  })

/** What somebody who was woken sees without scrolling. */
export const firstScreen = (alerts: readonly AlertingRule[]): Row => ({
  title: 'Is anything wrong?',
  panels: [
    criticalAlerts(),
    warnings(),
    alerting(),
    replicas(),
    dependencies(),
    availability({ api: 'Admin', objective: 0.995, wakes: 0.928 }),
    availability({ api: 'Internal', objective: 0.999, wakes: 0.9856 }),
    credentialsLatency(),
    oldestEvent(3),
    oldestReport(3),
    operatorsShowing({ state: 'UNHEALTHY', title: 'Operators UNHEALTHY', width: 3 }),
    silentOperators({ title: 'Operators silent', width: 3 }),
    firingAlerts(alerts),
  ],
})
