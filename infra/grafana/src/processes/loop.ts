import type { Panel } from '@grafana/grafana-foundation-sdk/dashboard'
import { PercentUnit, Seconds, Short } from '@grafana/grafana-foundation-sdk/units'
import type { Row } from '../kit/layout.ts'
import { badAbove } from '../kit/thresholds.ts'
import { timeSeries } from '../kit/time-series.ts'
import { REPLICA, REPLICA_LEGEND } from './replica.ts'

const lag = (): Panel =>
  timeSeries({
    title: 'Event loop lag, P99',
    description:
      'How late a timer fires. Above the line every request waits that long at each step; soon they are refused with 503.',
    runbooks: ['app-overloaded'],
    unit: Seconds,
    queries: [{ expr: `nodejs_eventloop_lag_p99_seconds{${REPLICA}}`, legend: REPLICA_LEGEND }],
    thresholds: badAbove({ warning: 0.2 }),
    width: 12,
  })

const gc = (): Panel =>
  timeSeries({
    title: 'Garbage collection',
    description: 'Share of the time. Much of `major`: the heap is nearly full.',
    runbooks: ['app-overloaded'],
    unit: PercentUnit,
    queries: [
      {
        expr: `sum by (job, kind) (rate(nodejs_gc_duration_seconds_sum{${REPLICA}}[$__rate_interval]))`,
        legend: '{{job}} {{kind}}',
      },
    ],
    width: 12,
  })

const resources = (): Panel =>
  timeSeries({
    title: 'What keeps the event loop busy',
    description: 'Sockets, timers and requests that Node.js waits for, by kind. One kind that only climbs is leaked.',
    runbooks: ['app-overloaded'],
    unit: Short,
    queries: [{ expr: `sum by (job, type) (nodejs_active_resources{${REPLICA}})`, legend: '{{job}} {{type}}' }],
    width: 24,
  })

export const loop = (): Row => ({ title: 'Event loop', panels: [lag(), gc(), resources()] })
