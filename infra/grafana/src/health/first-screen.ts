import type { Panel } from '@grafana/grafana-foundation-sdk/dashboard'
import { Seconds, Short } from '@grafana/grafana-foundation-sdk/units'
import type { Row } from '../shared/layout.ts'
import { wordsFor } from '../shared/mappings.ts'
import { stat } from '../shared/stat.ts'
import { badAbove, BLUE, GREEN, RED } from '../shared/thresholds.ts'

type State = Readonly<{ state: string; description: string; thresholds: ReturnType<typeof badAbove> }>

const showing = ({ state, description, thresholds }: State): Panel =>
  stat({
    title: state,
    description,
    runbooks: [state === 'UNKNOWN' ? 'health-silent' : 'operators-unhealthy'],
    unit: Short,
    queries: [{ expr: `count(max by (operator_id) (ops_operator_health{state="${state}"}) == 1) or vector(0)` }],
    thresholds,
    width: 3,
  })

const silent = (): Panel =>
  stat({
    title: 'Silent',
    description: 'ACTIVE operators without a report for 60 s. All at once: no reports arrive, or none is recorded.',
    runbooks: ['health-silent', 'health-no-reports'],
    unit: Short,
    queries: [{ expr: 'sum(max by (state) (ops_health_silent_operators))' }],
    thresholds: badAbove({ warning: 1 }),
    width: 3,
  })

const newest = (): Panel =>
  stat({
    title: 'Newest report',
    description: 'How long ago any replica received a report. Each operator is reported on every 10 s.',
    runbooks: ['health-no-reports'],
    unit: Seconds,
    queries: [{ expr: 'min(ops_health_newest_report_age_seconds)' }],
    thresholds: badAbove({ warning: 30, critical: 60 }),
    width: 3,
  })

const oldest = (): Panel =>
  stat({
    title: 'Oldest unrecorded',
    description: 'How long the oldest report waits to be recorded. As it grows, states are old.',
    runbooks: ['health-ingest-lag'],
    unit: Seconds,
    queries: [{ expr: 'max(ops_health_ingest_oldest_age_seconds)' }],
    thresholds: badAbove({ warning: 5, critical: 30 }),
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
    showing({ state: 'HEALTHY', description: 'Bound, few errors.', thresholds: [{ value: null, color: GREEN }] }),
    showing({ state: 'UNKNOWN', description: 'Nobody reports on them.', thresholds: [{ value: null, color: BLUE }] }),
    showing({
      state: 'DEGRADED',
      description: 'Bound, over 5 % errors for a minute. Routing prefers others.',
      thresholds: badAbove({ warning: 1 }),
    }),
    showing({
      state: 'UNHEALTHY',
      description: 'Without a bind, or over 20 % errors for a minute. Routing leaves them out.',
      thresholds: badAbove({ warning: 1, critical: 3 }),
    }),
    silent(),
    newest(),
    oldest(),
    blind(),
  ],
})
