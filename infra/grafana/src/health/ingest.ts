import type { Panel } from '@grafana/grafana-foundation-sdk/dashboard'
import { OpsPerSecond, Seconds, Short } from '@grafana/grafana-foundation-sdk/units'
import type { Row } from '../shared/layout.ts'
import { quantilesOf, rateOf } from '../shared/query.ts'
import { badAbove } from '../shared/thresholds.ts'
import { timeSeries } from '../shared/time-series.ts'

const backlog = (): Panel =>
  timeSeries({
    title: 'Unrecorded reports',
    description:
      'In the stream and not acknowledged; of those, delivered to a replica; of those, delivered before. `redelivered` that stays: a batch fails again and again.',
    runbooks: ['health-ingest-lag'],
    unit: Short,
    queries: [
      { expr: 'max(ops_health_ingest_lag)', legend: 'in the stream' },
      { expr: 'max(ops_health_ingest_ack_pending)', legend: 'delivered' },
      { expr: 'max(ops_health_ingest_redelivered)', legend: 'redelivered' },
    ],
    width: 12,
  })

const ages = (): Panel =>
  timeSeries({
    title: 'Age of reports',
    description: '`oldest unrecorded` climbs: they are not taken in. `newest received` climbs: none arrives.',
    runbooks: ['health-ingest-lag', 'health-no-reports'],
    unit: Seconds,
    queries: [
      { expr: 'max(ops_health_ingest_oldest_age_seconds)', legend: 'oldest unrecorded' },
      { expr: 'min(ops_health_newest_report_age_seconds)', legend: 'newest received' },
    ],
    thresholds: badAbove({ warning: 30, critical: 60 }),
    width: 12,
  })

const latency = (): Panel =>
  timeSeries({
    title: 'From JetStream to Redis',
    description: 'Usually below 200 ms. The objective is 5 s.',
    runbooks: ['slo-health-propagation'],
    unit: Seconds,
    queries: quantilesOf('ops_health_ingest_latency_seconds'),
    thresholds: badAbove({ warning: 0.2, critical: 5 }),
    width: 12,
  })

const keys = (): Panel =>
  timeSeries({
    title: 'Writes of health keys to Redis',
    description:
      '`error`: routing asks the internal API instead, which is slower. Keys are restored when Redis is back.',
    runbooks: ['redis-errors'],
    unit: OpsPerSecond,
    queries: [{ expr: rateOf('ops_redis_set_total', 'result'), legend: '{{result}}' }],
    width: 12,
  })

export const ingest = (): Row => ({
  title: 'From the report to the key in Redis',
  panels: [backlog(), ages(), latency(), keys()],
})
