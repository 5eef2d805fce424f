import type { Panel } from '@grafana/grafana-foundation-sdk/dashboard'
import { CountsPerMinute, Short } from '@grafana/grafana-foundation-sdk/units'
import type { Row } from '../kit/layout.ts'
import { perMinute, whileReached } from '../kit/query.ts'
import { timeSeries } from '../kit/time-series.ts'

const transitions = (): Panel =>
  timeSeries({
    title: 'Transitions',
    description: 'A few per hour are carriers. A steady rate between the same two states: somebody flaps.',
    runbooks: ['operators-unhealthy'],
    unit: CountsPerMinute,
    queries: [{ expr: `${perMinute('ops_health_transition_total', 'from, to')} > 0`, legend: '{{from}} → {{to}}' }],
    noValue: 'No state changed.',
    width: 12,
  })

const collapsed = (): Panel =>
  timeSeries({
    title: 'Collapsed flaps',
    description:
      'Transitions folded into the net transition of their batch: a backlog is worked off, or operators flap fast.',
    runbooks: ['health-ingest-lag'],
    unit: CountsPerMinute,
    queries: [{ expr: perMinute('ops_health_collapsed_flaps_total'), legend: 'collapsed' }],
    width: 12,
  })

const silent = (): Panel =>
  timeSeries({
    title: 'Silent operators by last state',
    description: 'How many are silent. All at once: the stream or its sender; those of one connector: that one.',
    runbooks: ['health-silent'],
    unit: Short,
    queries: [
      { expr: `max by (state) (${whileReached('ops_health_silent_operators', 'postgres')})`, legend: '{{state}}' },
    ],
    stacked: true,
    width: 12,
  })

const silences = (): Panel =>
  timeSeries({
    title: 'Operators that fell silent',
    description: 'When they did. One after the other: connectors lose their binds; all in one moment: they lost NATS.',
    runbooks: ['health-silent'],
    unit: CountsPerMinute,
    queries: [{ expr: `${perMinute('ops_health_silences_total', 'state')} > 0`, legend: '{{state}}' }],
    noValue: 'None fell silent.',
    width: 12,
  })

export const changes = (): Row => ({
  title: 'How it changes',
  panels: [transitions(), collapsed(), silent(), silences()],
})
