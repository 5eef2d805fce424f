import type { Panel } from '@grafana/grafana-foundation-sdk/dashboard'
import { OpsPerSecond, Seconds, Short } from '@grafana/grafana-foundation-sdk/units'
import { AGE_OF_OLDEST_REPORT } from '../kit/backlog.ts'
import type { Row } from '../kit/layout.ts'
import { quantilesOf, rateOf, whileReached } from '../kit/query.ts'
import { badAbove } from '../kit/thresholds.ts'
import { timeSeries } from '../kit/time-series.ts'

const backlog = (): Panel =>
  timeSeries({
    title: 'Unrecorded reports',
    description:
      'In the stream and not acknowledged; of those, delivered to a replica; of those, delivered before. `redelivered` that stays: a batch fails again and again.',
    runbooks: ['health-ingest-lag'],
    unit: Short,
    queries: [
      { expr: `max(${whileReached('ops_health_ingest_lag', 'nats')})`, legend: 'in the stream' },
      { expr: `max(${whileReached('ops_health_ingest_ack_pending', 'nats')})`, legend: 'delivered' },
      { expr: `max(${whileReached('ops_health_ingest_redelivered', 'nats')})`, legend: 'redelivered' },
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
      { expr: AGE_OF_OLDEST_REPORT, legend: 'oldest unrecorded' },
      { expr: 'min(ops_health_newest_report_age_seconds)', legend: 'newest received' },
    ],
    thresholds: badAbove({ critical: 30 }),
    width: 12,
  })

const latency = (): Panel =>
  timeSeries({
    title: 'From JetStream to Redis',
    description: 'Usually below 200 ms. The objective is 5 s.',
    runbooks: ['slo-health-propagation'],
    unit: Seconds,
    queries: quantilesOf('ops_health_ingest_latency_seconds'),
    thresholds: badAbove({ critical: 5 }),
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
