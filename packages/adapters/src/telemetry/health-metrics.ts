import { ADMIN, INGESTOR, RELAYS, SECONDS, type Family } from './metric-family.ts'

const HEALTH = ['UNKNOWN', 'HEALTHY', 'DEGRADED', 'UNHEALTHY']

/** From the report of a connector to the state of an operator. */
export const HEALTH_METRICS = {
  healthTransition: {
    kind: 'counter',
    name: 'ops_health_transition_total',
    help: 'Transitions of health state that were recorded',
    apps: INGESTOR,
    labels: { from: HEALTH, to: HEALTH },
  },
  operatorHealth: {
    kind: 'gauge',
    name: 'ops_operator_health',
    help: '1 for the health that each live operator shows; told by the holder of the relay lease alone',
    apps: RELAYS,
    labels: { operator_id: [], state: [] },
  },
  healthRejected: {
    kind: 'counter',
    name: 'ops_health_rejected_total',
    help: 'Health reports that changed nothing, by reason',
    apps: INGESTOR,
    labels: { reason: ['outdated', 'replayed', 'unknown_operator', 'undecodable'] },
  },
  healthCollapsed: {
    kind: 'counter',
    name: 'ops_health_collapsed_flaps_total',
    help: 'Transitions folded into the net transition of their batch',
    apps: INGESTOR,
    labels: {},
  },
  ingestLag: {
    kind: 'gauge',
    name: 'ops_health_ingest_lag',
    help: 'Health reports in the stream that are not yet acknowledged',
    apps: INGESTOR,
    labels: {},
  },
  ingestAge: {
    kind: 'gauge',
    name: 'ops_health_newest_report_age_seconds',
    help: 'Age of the newest health report received',
    apps: INGESTOR,
    labels: {},
  },
  ingestOldestAge: {
    kind: 'gauge',
    name: 'ops_health_ingest_oldest_age_seconds',
    help: 'Age of the oldest health report that is not yet acknowledged',
    apps: INGESTOR,
    labels: {},
  },
  ingestBlind: {
    kind: 'gauge',
    name: 'ops_health_ingest_blind',
    help: '1 while reports cannot be recorded and only the keys in Redis are kept fresh',
    apps: INGESTOR,
    labels: {},
  },
  partitionsAhead: {
    kind: 'gauge',
    name: 'ops_health_log_partitions_ahead',
    help: 'Months after this one that the health log can take; -1 when this one is missing',
    apps: ADMIN,
    labels: {},
  },
  ingestLatency: {
    kind: 'histogram',
    name: 'ops_health_ingest_latency_seconds',
    help: 'From the arrival of a health report in JetStream to its key in Redis',
    apps: INGESTOR,
    labels: {},
    buckets: SECONDS,
  },
  deadLetters: {
    kind: 'counter',
    name: 'ops_deadletter_total',
    help: 'Messages published to the dead-letter stream',
    apps: INGESTOR,
    labels: { reason: ['unknown_operator', 'undecodable'] },
  },
  redisSet: {
    kind: 'counter',
    name: 'ops_redis_set_total',
    help: 'Writes of health keys to Redis',
    apps: RELAYS,
    labels: { result: ['ok', 'error'] },
  },
} as const satisfies Record<string, Family>
