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
    help: 'Days until the first certificate of a file, or the list of revoked ones, expires',
    apps: INTERNAL,
    labels: { certificate: ['server', 'ca', 'crl'] },
    absentUntilUsed: true,
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
    help: '1 when a dependency answered its check, which each scrape makes',
    apps: ALL,
    labels: { dependency: ['postgres', 'vault', 'redis', 'nats'] },
    absentUntilUsed: true,
  },
  httpRequestDuration: {
    kind: 'histogram',
    name: 'ops_http_request_duration_seconds',
    help: 'Duration of requests by method, route template and class of status',
    apps: HTTP,
    labels: {
      method: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'other'],
      route: 'the template of a route of the app, or unmatched',
      status: ['2xx', '3xx', '4xx', '5xx'],
    },
    buckets: SECONDS,
  },
  buildInfo: {
    kind: 'gauge',
    name: 'ops_build_info',
    help: 'Always 1; the version that runs',
    apps: ALL,
    labels: {
      app: 'its own name',
      version: 'SERVICE_VERSION',
      node: 'the version of Node.js',
    },
  },
} as const satisfies Record<string, Family>
