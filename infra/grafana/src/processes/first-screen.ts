import type { Panel } from '@grafana/grafana-foundation-sdk/dashboard'
import { OpsPerSecond, Short } from '@grafana/grafana-foundation-sdk/units'
import type { Row } from '../kit/layout.ts'
import { UP_OR_DOWN } from '../kit/mappings.ts'
import { OUR_JOBS, rateOf } from '../kit/query.ts'
import { stateTimeline } from '../kit/state-timeline.ts'
import { badAbove } from '../kit/thresholds.ts'
import { timeSeries } from '../kit/time-series.ts'
import { REPLICA, REPLICA_LEGEND } from './replica.ts'

const up = (): Panel =>
  stateTimeline({
    title: 'Replicas',
    description:
      'Whether Prometheus can scrape each replica. All of an app down: it stands still. A gap: it was replaced.',
    runbooks: ['app-down'],
    unit: Short,
    queries: [{ expr: `up{${OUR_JOBS}, ${REPLICA}}`, legend: REPLICA_LEGEND }],
    mappings: [UP_OR_DOWN],
    width: 12,
  })

const dependencies = (): Panel =>
  stateTimeline({
    title: 'Dependencies of each replica',
    description: 'DOWN on one replica: its network. DOWN on all of them: the dependency.',
    runbooks: ['postgres-errors', 'vault-unavailable', 'nats-publish-errors', 'redis-errors'],
    unit: Short,
    queries: [{ expr: `ops_dependency_up{${REPLICA}}`, legend: '{{job}} {{instance}} {{dependency}}' }],
    mappings: [UP_OR_DOWN],
    width: 12,
  })

const restarts = (): Panel =>
  timeSeries({
    title: 'Starts in 15 minutes',
    description: 'A rollout starts each replica once. More: it crashes and comes back; its last log lines say why.',
    runbooks: ['app-restarting'],
    unit: Short,
    queries: [{ expr: `changes(process_start_time_seconds{${REPLICA}}[15m])`, legend: REPLICA_LEGEND }],
    thresholds: badAbove({ warning: 3 }),
    width: 12,
  })

const pgErrors = (): Panel =>
  timeSeries({
    title: 'Failures of PostgreSQL',
    description: 'By operation. `maintain` alone: housekeeping waits, nobody notices yet. All: it is away.',
    runbooks: ['postgres-errors'],
    unit: OpsPerSecond,
    queries: [{ expr: `${rateOf(`ops_pg_errors_total{${REPLICA}}`, 'job, op')} > 0`, legend: '{{job}} {{op}}' }],
    thresholds: badAbove({ critical: 0.1 }),
    noValue: 'Nothing failed.',
    width: 12,
  })

export const firstScreen = (): Row => ({
  title: 'Is anything wrong?',
  panels: [up(), dependencies(), restarts(), pgErrors()],
})
