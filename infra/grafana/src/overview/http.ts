import type { Panel } from '@grafana/grafana-foundation-sdk/dashboard'
import { PercentUnit, RequestsPerSecond, Seconds } from '@grafana/grafana-foundation-sdk/units'
import type { Row } from '../kit/layout.ts'
import { quantileOf, rateOf } from '../kit/query.ts'
import { timeSeries } from '../kit/time-series.ts'

const COUNT = 'ops_http_request_duration_seconds_count'

const rate = (): Panel =>
  timeSeries({
    title: 'Requests by class of status',
    description: "A drop to nothing: callers do not come through, or the app is down. 4xx are the callers'.",
    runbooks: ['app-down'],
    unit: RequestsPerSecond,
    queries: [{ expr: rateOf(`${COUNT}{job=~"$job"}`, 'job, status'), legend: '{{job}} {{status}}' }],
    stacked: true,
    width: 12,
  })

const failures = (): Panel =>
  timeSeries({
    title: '5xx by route, share of its requests',
    description: 'Only routes that fail. 503 names what is away in its `code`; 500 is ours.',
    runbooks: ['slo-admin-availability', 'slo-internal-availability', 'app-overloaded'],
    unit: PercentUnit,
    queries: [
      {
        expr: `${rateOf(`${COUNT}{job=~"$job", status="5xx"}`, 'job, method, route')} / ${rateOf(`${COUNT}{job=~"$job"}`, 'job, method, route')} > 0`,
        legend: '{{method}} {{route}}',
      },
    ],
    max: 1,
    noValue: 'No route answers 5xx.',
    width: 12,
  })

const byRoute = (): Panel =>
  timeSeries({
    title: 'Requests by route',
    description: 'What callers ask for. One route that multiplies: a caller in a loop.',
    unit: RequestsPerSecond,
    queries: [
      { expr: `topk(10, ${rateOf(`${COUNT}{job=~"$job"}`, 'method, route')} > 0)`, legend: '{{method}} {{route}}' },
    ],
    width: 12,
  })

const latency = (): Panel =>
  timeSeries({
    title: 'P95 by route',
    description: 'The ten slowest routes. Objectives: 300 ms of the admin API, 50 ms of credentials.',
    runbooks: ['slo-admin-latency', 'slo-internal-latency'],
    unit: Seconds,
    queries: [
      {
        expr: `topk(10, ${quantileOf(0.95, 'ops_http_request_duration_seconds{job=~"$job"}', 'method, route')} > 0)`,
        legend: '{{method}} {{route}}',
      },
    ],
    width: 12,
  })

/** What callers get, of the chosen apps. */
export const http = (): Row => ({ title: 'HTTP: what callers get', panels: [rate(), failures(), byRoute(), latency()] })
