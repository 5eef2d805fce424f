import type { Panel } from '@grafana/grafana-foundation-sdk/dashboard'
import { Seconds, Short } from '@grafana/grafana-foundation-sdk/units'
import { AGE_OF_OLDEST_EVENT } from '../kit/backlog.ts'
import type { Row } from '../kit/layout.ts'
import { wordsFor } from '../kit/mappings.ts'
import { quantilesOf, whileReached } from '../kit/query.ts'
import { stateTimeline } from '../kit/state-timeline.ts'
import { badAbove, BLUE, GREEN } from '../kit/thresholds.ts'
import { timeSeries } from '../kit/time-series.ts'

const depth = (): Panel =>
  timeSeries({
    title: 'Waiting and parked events',
    description: 'Waiting events drain within seconds. Parked ones stay until somebody acts.',
    runbooks: ['outbox-not-published', 'outbox-parked'],
    unit: Short,
    queries: [
      { expr: `max(${whileReached('ops_outbox_depth', 'postgres')})`, legend: 'waiting' },
      { expr: `max(${whileReached('ops_outbox_parked', 'postgres')})`, legend: 'parked' },
    ],
    width: 12,
  })

const age = (): Panel =>
  timeSeries({
    title: 'Age of the oldest waiting event',
    description: 'A line that climbs by a second per second: nothing is published at all.',
    runbooks: ['outbox-not-published'],
    unit: Seconds,
    queries: [{ expr: AGE_OF_OLDEST_EVENT, legend: 'oldest' }],
    thresholds: badAbove({ critical: 30 }),
    width: 12,
  })

const latency = (): Panel =>
  timeSeries({
    title: 'From commit to JetStream',
    description: 'Typically below 20 ms; more than 500 ms is more than peers were promised.',
    runbooks: ['outbox-not-published'],
    unit: Seconds,
    queries: quantilesOf('ops_relay_latency_seconds'),
    thresholds: badAbove({ critical: 0.5 }),
    width: 12,
  })

const leader = (): Panel =>
  stateTimeline({
    title: 'Which replica publishes',
    description:
      'The relay moves when a replica ends or loses NATS. Moving again and again: replicas restart, or their network flaps.',
    runbooks: ['outbox-not-published', 'app-restarting'],
    unit: Short,
    queries: [{ expr: 'max by (job, instance) (ops_relay_leader)', legend: '{{job}} {{instance}}' }],
    mappings: [wordsFor({ 0: { text: 'stands by', color: BLUE }, 1: { text: 'publishes', color: GREEN } })],
    width: 12,
  })

export const outbox = (): Row => ({ title: 'Outbox and relay', panels: [depth(), age(), latency(), leader()] })
