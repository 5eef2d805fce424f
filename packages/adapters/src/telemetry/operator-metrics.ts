import { ADMIN, HTTP, INTERNAL, SECONDS, type Family } from './metric-family.ts'

/** What admins and peer services do with operators, and what Vault makes of it. */
export const OPERATOR_METRICS = {
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
    help: 'Changes of operators, their TPS limits and rules, other than creates, by result',
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
  rotationsBlocked: {
    kind: 'counter',
    name: 'ops_rotations_blocked_total',
    help: 'Rotations refused because unfinished ones of the same operator piled up in Vault',
    apps: ADMIN,
    labels: {},
  },
  routingRuleCreate: {
    kind: 'counter',
    name: 'ops_routing_rule_create_total',
    help: 'Requests to create routing rules, one or many at once, by result',
    apps: ADMIN,
    labels: { result: ['ok', 'conflict', 'error'] },
  },
  credentialsRead: {
    kind: 'counter',
    name: 'ops_credentials_read_total',
    help: 'Reads of credentials by peer services by result',
    apps: INTERNAL,
    labels: { result: ['ok', 'not_found', 'missing', 'vault_error', 'error'] },
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
      op: ['read', 'write', 'metadata', 'destroy', 'login', 'renew'],
      result: ['ok', 'error', 'auth_error', 'cas_mismatch', 'not_found', 'circuit_open'],
    },
  },
} as const satisfies Record<string, Family>
