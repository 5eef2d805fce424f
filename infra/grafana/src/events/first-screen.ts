import type { Panel } from '@grafana/grafana-foundation-sdk/dashboard'
import { PercentUnit, Short } from '@grafana/grafana-foundation-sdk/units'
import { oldestEvent } from '../kit/backlog.ts'
import type { Row } from '../kit/layout.ts'
import { UP_OR_DOWN, wordsFor } from '../kit/mappings.ts'
import { whileReached } from '../kit/query.ts'
import { stat } from '../kit/stat.ts'
import { badAbove, badBelow, GREEN, ORANGE, RED } from '../kit/thresholds.ts'

const reached = (): Panel =>
  stat({
    title: 'NATS, as the apps see it',
    description: 'DOWN: a replica of this app does not reach NATS. While none does, nothing is published.',
    runbooks: ['nats-publish-errors'],
    unit: Short,
    queries: [{ expr: 'min by (job) (ops_dependency_up{dependency="nats"})', legend: '{{job}}' }],
    mappings: [UP_OR_DOWN],
    showNames: true,
    width: 6,
  })

const success = (): Panel =>
  stat({
    title: 'Publish success, 1 h',
    description:
      'Share of the publishes of configuration events in the last hour that NATS took at once. The objective is 99.9 % in 7 days. While NATS is away nothing is tried and nothing fails: then the oldest event tells.',
    runbooks: ['slo-publish', 'nats-publish-errors'],
    unit: PercentUnit,
    queries: [{ expr: '1 - slo:ops_bad_events:ratio_rate1h{slo="publish"}' }],
    thresholds: badBelow({ warning: 0.999, critical: 0.98656 }),
    decimals: 2,
    width: 4,
  })

const depth = (): Panel =>
  stat({
    title: 'Waiting events',
    description: 'Committed and not yet published. A bulk import makes thousands, and they drain within seconds.',
    runbooks: ['outbox-not-published'],
    unit: Short,
    queries: [{ expr: `max(${whileReached('ops_outbox_depth', 'postgres')})` }],
    noValue: 'unknown',
    thresholds: badAbove({ warning: 1000 }),
    width: 3,
  })

const parked = (): Panel =>
  stat({
    title: 'Parked',
    description:
      "Events that NATS refused for good: their operators' changes are told to nobody until somebody replays them.",
    runbooks: ['outbox-parked'],
    unit: Short,
    queries: [{ expr: `max(${whileReached('ops_outbox_parked', 'postgres')})` }],
    noValue: 'unknown',
    thresholds: badAbove({ warning: 1 }),
    width: 3,
  })

const leaders = (): Panel =>
  stat({
    title: 'Relay',
    description:
      'One replica publishes. None for longer than a lease of 10 s: no replica reaches NATS and PostgreSQL both.',
    runbooks: ['outbox-not-published', 'nats-publish-errors'],
    unit: Short,
    queries: [{ expr: 'sum(ops_relay_leader)' }],
    mappings: [
      wordsFor({
        0: { text: 'NONE', color: RED },
        1: { text: 'one leads', color: GREEN },
        2: { text: 'handing over', color: ORANGE },
      }),
    ],
    width: 4,
  })

export const firstScreen = (): Row => ({
  title: 'Is anything wrong?',
  panels: [reached(), success(), depth(), oldestEvent(4), parked(), leaders()],
})
