import type { Panel } from '@grafana/grafana-foundation-sdk/dashboard'
import { Seconds, Short } from '@grafana/grafana-foundation-sdk/units'
import { oldestReport } from '../kit/backlog.ts'
import type { Row } from '../kit/layout.ts'
import { wordsFor } from '../kit/mappings.ts'
import { operatorsShowing, silentOperators } from '../kit/operators.ts'
import { stat } from '../kit/stat.ts'
import { badAbove, GREEN, RED } from '../kit/thresholds.ts'

const newest = (): Panel =>
  stat({
    title: 'Newest report',
    description: 'How long ago any replica took in a report. Each ACTIVE operator is reported on every 10 s.',
    runbooks: ['health-no-reports'],
    unit: Seconds,
    queries: [{ expr: 'min(ops_health_newest_report_age_seconds)' }],
    thresholds: badAbove({ critical: 60 }),
    width: 3,
  })

const blind = (): Panel =>
  stat({
    title: 'Recording',
    description: 'BLIND: reports cannot be recorded, PostgreSQL is away; only the keys in Redis are kept fresh.',
    runbooks: ['health-blind'],
    unit: Short,
    queries: [{ expr: 'max(ops_health_ingest_blind)' }],
    mappings: [wordsFor({ 0: { text: 'records', color: GREEN }, 1: { text: 'BLIND', color: RED } })],
    width: 3,
  })

export const firstScreen = (): Row => ({
  title: 'Is anything wrong?',
  panels: [
    ...(['UNHEALTHY', 'DEGRADED', 'UNKNOWN', 'HEALTHY'] as const).map((state) =>
      operatorsShowing({ state, title: state, width: 3 }),
    ),
    silentOperators({ title: 'Silent', width: 2 }),
    newest(),
    oldestReport(4),
    blind(),
  ],
})
