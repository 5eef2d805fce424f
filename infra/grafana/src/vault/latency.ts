import type { Panel } from '@grafana/grafana-foundation-sdk/dashboard'
import { Seconds } from '@grafana/grafana-foundation-sdk/units'
import type { Row } from '../kit/layout.ts'
import { quantileOf, quantilesOf } from '../kit/query.ts'
import { badAbove } from '../kit/thresholds.ts'
import { timeSeries } from '../kit/time-series.ts'

const reads = (): Panel =>
  timeSeries({
    title: 'Reads of secrets',
    description:
      'How long Vault takes. The objective is a P95 of 200 ms; peers are promised 50 ms for the whole answer.',
    runbooks: ['slo-vault-read-latency'],
    unit: Seconds,
    queries: quantilesOf('ops_vault_read_duration_seconds'),
    thresholds: badAbove({ critical: 0.2 }),
    width: 12,
  })

const writes = (): Panel =>
  timeSeries({
    title: 'Writes of secrets',
    description: 'A part of every create and rotation. Above 300 ms the admin API misses its objective.',
    runbooks: ['slo-admin-latency', 'vault-unavailable'],
    unit: Seconds,
    queries: quantilesOf('ops_vault_write_duration_seconds'),
    thresholds: badAbove({ warning: 0.3 }),
    width: 12,
  })

const readsByReplica = (): Panel =>
  timeSeries({
    title: 'Reads of secrets by replica, P95',
    description: 'One replica slower than the others: its network or its processor, not Vault.',
    runbooks: ['slo-vault-read-latency', 'app-overloaded'],
    unit: Seconds,
    queries: [
      {
        expr: quantileOf(0.95, 'ops_vault_read_duration_seconds', 'job, instance'),
        legend: '{{job}} {{instance}}',
      },
    ],
    thresholds: badAbove({ critical: 0.2 }),
    width: 24,
  })

export const latency = (): Row => ({ title: 'Latency', panels: [reads(), writes(), readsByReplica()] })
