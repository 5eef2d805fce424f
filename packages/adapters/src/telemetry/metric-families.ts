export type App = 'admin-api' | 'internal-api' | 'health-ingestor'

/** `labels`: each label with its known values, which start at 0, so that the first failure already shows in a rate. */
export type Family = Readonly<{
  kind: 'counter' | 'gauge' | 'histogram'
  name: string
  help: string
  apps: readonly App[]
  labels: Readonly<Record<string, readonly string[]>>
  buckets?: readonly number[]
}>

const ADMIN = ['admin-api'] as const
const INTERNAL = ['internal-api'] as const
const INGESTOR = ['health-ingestor'] as const
const HTTP = ['admin-api', 'internal-api'] as const
const RELAYS = ['admin-api', 'health-ingestor'] as const
const ALL = ['admin-api', 'internal-api', 'health-ingestor'] as const

const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.5, 1, 2, 5]
const RELAY_SECONDS = [0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 5, 30, 300]
const HEALTH = ['UNKNOWN', 'HEALTHY', 'DEGRADED', 'UNHEALTHY']

/** Every metric family of the service, and which app can produce it. */
export const FAMILIES = {
  operatorCreate: {
    kind: 'counter',
    name: 'ops_operator_create_total',
    help: 'Creates of operators by result',
    apps: ADMIN,
    labels: { result: ['ok', 'duplicate', 'vault_error', 'error'] },
  },
  operatorUpdate: {
    kind: 'counter',
    name: 'ops_operator_update_total',
    help: 'Updates of operators by result',
    apps: ADMIN,
    labels: { result: ['ok', 'not_found', 'vault_error', 'conflict', 'error'] },
  },
  operatorDelete: {
    kind: 'counter',
    name: 'ops_operator_delete_total',
    help: 'Soft deletes of operators by result',
    apps: ADMIN,
    labels: { result: ['ok', 'not_found', 'conflict', 'error'] },
  },
  routingRuleCreate: {
    kind: 'counter',
    name: 'ops_routing_rule_create_total',
    help: 'Creates of routing rules by result',
    apps: ADMIN,
    labels: { result: ['ok', 'conflict', 'error'] },
  },
  credentialsRead: {
    kind: 'counter',
    name: 'ops_credentials_read_total',
    help: 'Reads of credentials by peer services by result',
    apps: INTERNAL,
    labels: { result: ['ok', 'not_found', 'vault_error', 'error'] },
  },
  vaultReadDuration: {
    kind: 'histogram',
    name: 'ops_vault_read_duration_seconds',
    help: 'Duration of reads of secrets from Vault',
    apps: HTTP,
    labels: {},
    buckets: SECONDS,
  },
  vaultWriteDuration: {
    kind: 'histogram',
    name: 'ops_vault_write_duration_seconds',
    help: 'Duration of writes of secrets to Vault',
    apps: ADMIN,
    labels: {},
    buckets: SECONDS,
  },
  vaultRequests: {
    kind: 'counter',
    name: 'ops_vault_requests_total',
    help: 'Requests to Vault by operation and result',
    apps: HTTP,
    labels: {
      op: ['read', 'write', 'destroy', 'login', 'renew'],
      result: ['ok', 'error', 'not_found', 'denied', 'timeout', 'circuit_open'],
    },
  },
  natsPublish: {
    kind: 'counter',
    name: 'ops_nats_publish_total',
    help: 'Publishes of outbox events by event and result',
    apps: RELAYS,
    labels: { event: ['created', 'updated', 'deleted', 'health', 'audit'], result: ['ok', 'error'] },
  },
  outboxDepth: {
    kind: 'gauge',
    name: 'ops_outbox_depth',
    help: 'Events committed and not yet published',
    apps: RELAYS,
    labels: {},
  },
  outboxOldestAge: {
    kind: 'gauge',
    name: 'ops_outbox_oldest_age_seconds',
    help: 'Age of the oldest event committed and not yet published',
    apps: RELAYS,
    labels: {},
  },
  outboxParked: {
    kind: 'gauge',
    name: 'ops_outbox_parked',
    help: 'Events that NATS refused for good',
    apps: RELAYS,
    labels: {},
  },
  relayLatency: {
    kind: 'histogram',
    name: 'ops_relay_latency_seconds',
    help: 'From the commit of an event to its acknowledgement by JetStream',
    apps: RELAYS,
    labels: {},
    buckets: RELAY_SECONDS,
  },
  relayLeader: {
    kind: 'gauge',
    name: 'ops_relay_leader',
    help: '1 while this process holds the lease of the relay',
    apps: RELAYS,
    labels: {},
  },
  operatorHealth: {
    kind: 'gauge',
    name: 'ops_operator_health_state',
    help: '1 for the present health state of each operator; from the holder of the relay lease only',
    apps: RELAYS,
    labels: { operator_id: [], state: [] },
  },
  healthTransition: {
    kind: 'counter',
    name: 'ops_health_transition_total',
    help: 'Transitions of health state that were recorded',
    apps: INGESTOR,
    labels: { from: HEALTH, to: HEALTH },
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
  pgErrors: {
    kind: 'counter',
    name: 'ops_pg_errors_total',
    help: 'Failures of PostgreSQL by operation',
    apps: ALL,
    labels: { op: ['insert', 'update', 'select', 'delete', 'transaction'] },
  },
  certificateExpiry: {
    kind: 'gauge',
    name: 'ops_certificate_expiry_days',
    help: 'Days until a certificate expires',
    apps: INTERNAL,
    labels: { certificate: [] },
  },
  certificateReloadFailed: {
    kind: 'gauge',
    name: 'ops_certificate_reload_failed',
    help: '1 while changed files were refused and the old ones stay in force',
    apps: INTERNAL,
    labels: { file: ['certificates', 'clients'] },
  },
  dependencyUp: {
    kind: 'gauge',
    name: 'ops_dependency_up',
    help: '1 when the last check of a dependency succeeded',
    apps: ALL,
    labels: { dependency: [] },
  },
  httpRequestDuration: {
    kind: 'histogram',
    name: 'ops_http_request_duration_seconds',
    help: 'Duration of requests by method, route template and class of status',
    apps: HTTP,
    labels: { method: [], route: [], status: [] },
    buckets: SECONDS,
  },
  buildInfo: {
    kind: 'gauge',
    name: 'ops_build_info',
    help: 'Always 1; the version that runs',
    apps: ALL,
    labels: { app: [], version: [], node: [] },
  },
} as const satisfies Record<string, Family>
