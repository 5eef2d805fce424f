import type { Panel } from '@grafana/grafana-foundation-sdk/dashboard'
import { PercentUnit, Seconds, Short } from '@grafana/grafana-foundation-sdk/units'
import type { Row } from '../shared/layout.ts'
import { UP_OR_DOWN } from '../shared/mappings.ts'
import { OUR_JOBS } from '../shared/query.ts'
import { stat } from '../shared/stat.ts'
import { badAbove, badBelow } from '../shared/thresholds.ts'
import { firingAlerts } from './firing-alerts.ts'

const firing = (severity: 'critical' | 'warning') => ({
  expr: `count(ALERTS{alertname=~"Ops.*", alertstate="firing", severity="${severity}"}) or vector(0)`,
})

const criticalAlerts = (): Panel =>
  stat({
    title: 'Critical alerts',
    description:
      'Alerts that wake somebody. Not 0: the table below names each with its runbook; begin with a dependency.',
    unit: Short,
    queries: [firing('critical')],
    thresholds: badAbove({ critical: 1 }),
    width: 3,
  })

const warnings = (): Panel =>
  stat({
    title: 'Warnings',
    description: 'Alerts that become a ticket. Not 0: the table below names each with its runbook.',
    unit: Short,
    queries: [firing('warning')],
    thresholds: badAbove({ warning: 1 }),
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
    width: 9,
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
    width: 9,
  })

const availability = (): Panel =>
  stat({
    title: 'Admin API without 5xx',
    description:
      'Share of the requests of the last 5 minutes that were not answered with a 5xx. The objective is 99.5 % in 30 days.',
    runbooks: ['slo-admin-availability'],
    unit: PercentUnit,
    queries: [
      {
        expr:
          '1 - (sum(rate(ops_http_request_duration_seconds_count{job="admin-api", status="5xx"}[5m])) or vector(0))' +
          ' / sum(rate(ops_http_request_duration_seconds_count{job="admin-api"}[5m]))',
      },
    ],
    thresholds: badBelow({ warning: 0.995, critical: 0.95 }),
    decimals: 2,
    width: 4,
  })

const credentialsLatency = (): Panel =>
  stat({
    title: 'Credentials, P95',
    description: 'How long peers wait for credentials, over 5 minutes. The objective is 50 ms.',
    runbooks: ['slo-internal-latency'],
    unit: Seconds,
    queries: [
      {
        expr:
          'histogram_quantile(0.95, sum by (le) (rate(ops_http_request_duration_seconds_bucket' +
          '{job="internal-api", route="/v1/internal/operators/:id/credentials"}[5m])))',
      },
    ],
    thresholds: badAbove({ warning: 0.05, critical: 0.2 }),
    width: 4,
  })

const unpublished = (): Panel =>
  stat({
    title: 'Oldest unpublished event',
    description:
      'How long the oldest committed change waits to be told. Usually 0; as it grows, peers work with old configuration.',
    runbooks: ['outbox-not-published', 'nats-publish-errors'],
    unit: Seconds,
    queries: [{ expr: 'max(ops_outbox_oldest_age_seconds)' }],
    thresholds: badAbove({ warning: 5, critical: 30 }),
    width: 4,
  })

const unrecorded = (): Panel =>
  stat({
    title: 'Oldest unrecorded report',
    description: 'How long the oldest health report waits to be recorded. As it grows, health states are old.',
    runbooks: ['health-ingest-lag', 'health-blind'],
    unit: Seconds,
    queries: [{ expr: 'max(ops_health_ingest_oldest_age_seconds)' }],
    thresholds: badAbove({ warning: 5, critical: 30 }),
    width: 4,
  })

const unhealthy = (): Panel =>
  stat({
    title: 'Operators UNHEALTHY',
    description:
      'Operators without a bind or with too many errors. From three on, and a fifth of all, it is more than a carrier.',
    runbooks: ['operators-unhealthy'],
    unit: Short,
    queries: [{ expr: 'count(max by (operator_id) (ops_operator_health{state="UNHEALTHY"}) == 1) or vector(0)' }],
    thresholds: badAbove({ warning: 1, critical: 3 }),
    width: 4,
  })

const silent = (): Panel =>
  stat({
    title: 'Operators silent',
    description: 'ACTIVE operators that nobody has reported on for 60 s: they are shown as UNKNOWN.',
    runbooks: ['health-silent'],
    unit: Short,
    queries: [{ expr: 'sum(max by (state) (ops_health_silent_operators))' }],
    thresholds: badAbove({ warning: 1 }),
    width: 4,
  })

/** What somebody who was woken sees without scrolling. */
export const firstScreen = (): Row => ({
  title: 'Is anything wrong?',
  panels: [
    criticalAlerts(),
    warnings(),
    replicas(),
    dependencies(),
    availability(),
    credentialsLatency(),
    unpublished(),
    unrecorded(),
    unhealthy(),
    silent(),
    firingAlerts(),
  ],
})
