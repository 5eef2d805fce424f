import type { Panel } from '@grafana/grafana-foundation-sdk/dashboard'
import { EventsPerSecond, PercentUnit } from '@grafana/grafana-foundation-sdk/units'
import type { Row } from '../kit/layout.ts'
import { rateOf } from '../kit/query.ts'
import { badBelow } from '../kit/thresholds.ts'
import { timeSeries } from '../kit/time-series.ts'

const success = (): Panel =>
  timeSeries({
    title: 'Publish success',
    description:
      'Share of the publishes that NATS took at once. What fails is tried again; what is `refused` is parked.',
    runbooks: ['slo-publish', 'nats-publish-errors'],
    unit: PercentUnit,
    queries: [
      {
        expr: `${rateOf('ops_nats_publish_total{result="ok"}')} / ${rateOf('ops_nats_publish_total')}`,
        legend: 'all events',
      },
      {
        expr: `${rateOf('ops_nats_publish_total{result="ok"}', 'event')} / ${rateOf('ops_nats_publish_total', 'event')} < 1`,
        legend: '{{event}}',
      },
    ],
    thresholds: badBelow({ critical: 0.999 }),
    fromZero: false,
    max: 1,
    width: 12,
  })

const published = (): Panel =>
  timeSeries({
    title: 'Published events',
    description: 'Nothing although admins change operators: see the relay and the oldest waiting event.',
    runbooks: ['outbox-not-published'],
    unit: EventsPerSecond,
    queries: [{ expr: rateOf('ops_nats_publish_total{result="ok"}', 'event'), legend: '{{event}}' }],
    stacked: true,
    width: 12,
  })

const failed = (): Panel =>
  timeSeries({
    title: 'Failed publishes',
    description:
      '`error`: tried again. `refused`: parked. While NATS is away nothing is tried, so that this stays at 0.',
    runbooks: ['nats-publish-errors', 'outbox-parked'],
    unit: EventsPerSecond,
    queries: [
      {
        expr: rateOf('ops_nats_publish_total{result!="ok"}', 'event, result'),
        legend: '{{event}} {{result}}',
      },
    ],
    width: 24,
  })

export const publishing = (): Row => ({ title: 'Publishing', panels: [success(), published(), failed()] })
