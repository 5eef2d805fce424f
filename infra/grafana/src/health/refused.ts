import type { Panel } from '@grafana/grafana-foundation-sdk/dashboard'
import { CountsPerMinute, Short } from '@grafana/grafana-foundation-sdk/units'
import type { Row } from '../kit/layout.ts'
import { wordsFor } from '../kit/mappings.ts'
import { perMinute, whileReached } from '../kit/query.ts'
import { stat } from '../kit/stat.ts'
import { badBelow, RED } from '../kit/thresholds.ts'
import { timeSeries } from '../kit/time-series.ts'

const rejects = (): Panel =>
  timeSeries({
    title: 'Reports that changed nothing',
    description:
      "`outdated`: redelivered or overtaken, harmless. `replayed`: a connector's clock was set back. `unknown_operator`, `undecodable`: see dead letters.",
    runbooks: ['dead-letters'],
    unit: CountsPerMinute,
    queries: [{ expr: perMinute('ops_health_rejected_total', 'reason'), legend: '{{reason}}' }],
    width: 10,
  })

const deadLetters = (): Panel =>
  timeSeries({
    title: 'Dead letters',
    description:
      '`undecodable`: a sender breaks the contract. `unknown_operator`: a connector still binds what was deleted.',
    runbooks: ['dead-letters'],
    unit: CountsPerMinute,
    queries: [{ expr: perMinute('ops_deadletter_total', 'reason'), legend: '{{reason}}' }],
    width: 10,
  })

const partitions = (): Panel =>
  stat({
    title: 'Months the log can take',
    description:
      "Partitions of the health log after this month's. Below 1: transitions fail when the month ends; `NONE`: they fail now.",
    runbooks: ['health-log-partition-missing'],
    unit: Short,
    queries: [{ expr: `min(${whileReached('ops_health_log_partitions_ahead', 'postgres')})` }],
    thresholds: badBelow({ warning: 1, critical: 0 }),
    noValue: 'unknown',
    mappings: [wordsFor({ '-1': { text: 'NONE', color: RED } })],
    width: 4,
    height: 8,
  })

export const refused = (): Row => ({
  title: 'What is refused, and room for what is not',
  panels: [rejects(), deadLetters(), partitions()],
})
