import type { Panel } from '@grafana/grafana-foundation-sdk/dashboard'
import { Seconds } from '@grafana/grafana-foundation-sdk/units'
import { whileReached } from './query.ts'
import { stat } from './stat.ts'
import { badAbove } from './thresholds.ts'

/** Of the oldest committed change that is not yet told, in seconds. */
export const AGE_OF_OLDEST_EVENT = `max(${whileReached('ops_outbox_oldest_age_seconds', 'postgres')})`

/** Of the oldest health report that is not yet recorded, in seconds. */
export const AGE_OF_OLDEST_REPORT = `max(${whileReached('ops_health_ingest_oldest_age_seconds', 'nats')})`

export const oldestEvent = (width: number): Panel =>
  stat({
    title: 'Oldest unpublished event',
    description:
      'How long the oldest committed change waits to be told. Usually 0; as it grows, peers work with old configuration.',
    runbooks: ['outbox-not-published', 'nats-publish-errors'],
    unit: Seconds,
    queries: [{ expr: AGE_OF_OLDEST_EVENT }],
    thresholds: badAbove({ critical: 30 }),
    noValue: 'unknown',
    width,
  })

export const oldestReport = (width: number): Panel =>
  stat({
    title: 'Oldest unrecorded report',
    description: 'How long the oldest health report waits to be recorded. As it grows, health states are old.',
    runbooks: ['health-ingest-lag', 'health-blind'],
    unit: Seconds,
    queries: [{ expr: AGE_OF_OLDEST_REPORT }],
    thresholds: badAbove({ critical: 30 }),
    noValue: 'unknown',
    width,
  })
