import { ALL, HTTP, INTERNAL, SECONDS, type Family } from './metric-family.ts'

/** The process itself and what it depends on. */
export const PROCESS_METRICS = {
  pgErrors: {
    kind: 'counter',
    name: 'ops_pg_errors_total',
    help: 'Failures of PostgreSQL by operation',
    apps: ALL,
    labels: { op: ['insert', 'update', 'select', 'delete', 'maintain'] },
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
