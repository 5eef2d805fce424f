import { PercentUnit, Seconds } from '@grafana/grafana-foundation-sdk/units'
import type { Query } from '../kit/query.ts'
import type { Runbook } from '../kit/runbooks.ts'

export type Window = '7d' | '30d'

/** From which multiple of the allowed rate on a window wakes somebody or becomes a ticket; the alerts' own factors. */
export const BURN_LIMITS = {
  '30d': { '5m': 14.4, '30m': 6, '1h': 14.4, '2h': 3, '6h': 6, '1d': 3, '3d': 1 },
  '7d': { '5m': 13.44, '30m': 3.5, '1h': 13.44, '2h': 1.4, '6h': 3.5, '1d': 1.4, '3d': 1 },
} as const

export type Objective = Readonly<{
  /** The value of the label `slo` of the recording rules. */
  slo: string
  title: string
  promise: string
  window: Window
  runbook: Runbook
  unit: string
  /** Where the promise ends, in `unit`. */
  limit: number
  isLatency: boolean
}>

/** Latency by its P95, everything else by the share of what went well. */
export function indicators({ slo, isLatency, window }: Objective): readonly Query[] {
  const of = `{slo="${slo}"}`
  return isLatency
    ? [
        { expr: `slo:ops_duration_seconds:p95_rate5m${of}`, legend: 'P95, 5 min' },
        { expr: `slo:ops_duration_seconds:p95_rate${window}${of}`, legend: `P95, ${window}` },
      ]
    : [
        { expr: `1 - slo:ops_bad_events:ratio_rate5m${of}`, legend: '5 min' },
        { expr: `1 - slo:ops_bad_events:ratio_rate${window}${of}`, legend: window },
      ]
}

export const OBJECTIVES: readonly Objective[] = [
  {
    slo: 'admin-availability',
    title: 'Admin API, availability',
    promise: '99.5 % of the requests are answered other than by a 5xx.',
    window: '30d',
    runbook: 'slo-admin-availability',
    unit: PercentUnit,
    limit: 0.995,
    isLatency: false,
  },
  {
    slo: 'admin-latency',
    title: 'Admin API, latency',
    promise: 'P95 of all requests within 300 ms.',
    window: '30d',
    runbook: 'slo-admin-latency',
    unit: Seconds,
    limit: 0.3,
    isLatency: true,
  },
  {
    slo: 'internal-availability',
    title: 'Internal API, availability',
    promise: '99.9 % of the requests of peers are answered other than by a 5xx.',
    window: '30d',
    runbook: 'slo-internal-availability',
    unit: PercentUnit,
    limit: 0.999,
    isLatency: false,
  },
  {
    slo: 'internal-latency',
    title: 'Credentials, latency',
    promise: 'P95 of the reads of credentials by peers within 50 ms.',
    window: '30d',
    runbook: 'slo-internal-latency',
    unit: Seconds,
    limit: 0.05,
    isLatency: true,
  },
  {
    slo: 'vault-read-latency',
    title: 'Vault, latency of reads',
    promise: 'P95 of the reads of secrets within 200 ms.',
    window: '7d',
    runbook: 'slo-vault-read-latency',
    unit: Seconds,
    limit: 0.2,
    isLatency: true,
  },
  {
    slo: 'publish',
    title: 'Publish success',
    promise: '99.9 % of the publishes of configuration events succeed.',
    window: '7d',
    runbook: 'slo-publish',
    unit: PercentUnit,
    limit: 0.999,
    isLatency: false,
  },
  {
    slo: 'health-propagation',
    title: 'Health propagation',
    promise: '99 % of the health reports reach their key in Redis within 5 s.',
    window: '7d',
    runbook: 'slo-health-propagation',
    unit: PercentUnit,
    limit: 0.99,
    isLatency: false,
  },
]
