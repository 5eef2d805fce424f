import {
  type AuditAction,
  type AuditResource,
  type AuditView,
  type BindState,
  type HealthState,
  type Micros,
  microsOfDate,
  type StoredAnswer,
} from '@oms/domain'
import { sql } from 'drizzle-orm'
import {
  bigint,
  boolean,
  customType,
  doublePrecision,
  integer,
  json,
  jsonb,
  numeric,
  pgSchema,
  text,
  uuid,
} from 'drizzle-orm/pg-core'
import { dateOfText, microsOfText, textOfMicros } from './timestamps.ts'

/** Tables as the migrations make them; no DDL is generated from here. */
const ops = pgSchema('ops')

/** timestamptz ↔ Date, to the millisecond. */
const moment = customType<{ data: Date; driverData: string }>({
  dataType: () => 'timestamptz',
  fromDriver: dateOfText,
  toDriver: (date) => textOfMicros(microsOfDate(date)),
})

/** timestamptz ↔ Micros, exactly. */
const exactMoment = customType<{ data: Micros; driverData: string }>({
  dataType: () => 'timestamptz',
  fromDriver: microsOfText,
  toDriver: textOfMicros,
})

export const operators = ops.table('operators', {
  operatorId: text('operator_id').primaryKey(),
  provisioning: text('provisioning', { enum: ['PENDING', 'READY'] }).notNull(),
  name: text('name').notNull(),
  host: text('host').notNull(),
  port: integer('port').notNull(),
  systemId: text('system_id').notNull(),
  systemType: text('system_type').notNull(),
  bindType: text('bind_type', { enum: ['TRANSCEIVER', 'TRANSMITTER', 'RECEIVER'] }).notNull(),
  maxTps: integer('max_tps').notNull(),
  burstMultiplier: numeric('burst_multiplier', { precision: 4, scale: 2, mode: 'number' }).notNull(),
  burstWindowMs: integer('burst_window_ms').notNull(),
  enforcementMode: text('enforcement_mode', { enum: ['HARD_REJECT', 'SOFT_THROTTLE'] }).notNull(),
  status: text('status', { enum: ['ACTIVE', 'INACTIVE', 'SUSPENDED'] }).notNull(),
  notes: text('notes'),
  mnoId: text('mno_id'),
  credentialsVersion: integer('credentials_version').notNull(),
  version: integer('version').notNull(),
  createdAt: moment('created_at').notNull(),
  createdBy: text('created_by').notNull(),
  updatedAt: moment('updated_at').notNull(),
  updatedBy: text('updated_by').notNull(),
  deletedAt: moment('deleted_at'),
  routingRuleCount: integer('routing_rule_count').notNull().default(0),
})

export const credentialCleanup = ops.table('credential_cleanup', {
  operatorId: text('operator_id').primaryKey(),
  reason: text('reason', { enum: ['provisional', 'abandoned', 'deleted'] }).notNull(),
  dueAt: moment('due_at').notNull(),
  sweeps: integer('sweeps').notNull().default(0),
})

export const adminAuditLog = ops.table('admin_audit_log', {
  auditId: uuid('audit_id').primaryKey(),
  at: exactMoment('at').notNull(),
  actor: text('actor').notNull(),
  action: text('action').$type<AuditAction>().notNull(),
  operatorId: text('operator_id').notNull(),
  resourceType: text('resource_type').$type<AuditResource['type']>().notNull(),
  resourceId: text('resource_id').notNull(),
  version: integer('version').notNull(),
  before: jsonb('before').$type<AuditView>(),
  after: jsonb('after').$type<AuditView>(),
  requestId: text('request_id'),
  traceId: text('trace_id'),
  sourceAddress: text('source_address'),
})

export const outbox = ops.table('outbox', {
  id: bigint('id', { mode: 'bigint' }).primaryKey().generatedAlwaysAsIdentity(),
  eventId: uuid('event_id').notNull(),
  operatorId: text('operator_id').notNull(),
  subject: text('subject').notNull(),
  payload: json('payload').$type<Readonly<Record<string, unknown>>>().notNull(),
  traceparent: text('traceparent'),
  createdAt: moment('created_at').notNull().default(sql`clock_timestamp()`),
  publishedAt: moment('published_at'),
  parkedAt: moment('parked_at'),
  error: text('error'),
})

export const leases = ops.table('leases', {
  name: text('name').primaryKey(),
  holder: text('holder').notNull(),
  expiresAt: moment('expires_at').notNull(),
})

export const operatorHealth = ops.table('operator_health', {
  operatorId: text('operator_id').primaryKey(),
  state: text('state', { enum: ['HEALTHY', 'DEGRADED', 'UNHEALTHY', 'UNKNOWN'] }).notNull(),
  since: exactMoment('since'),
  aboveDegradedSince: exactMoment('above_degraded_since'),
  aboveUnhealthySince: exactMoment('above_unhealthy_since'),
  recoveredSince: exactMoment('recovered_since'),
  lastReceivedAt: exactMoment('last_received_at'),
  lastStreamSeq: bigint('last_stream_seq', { mode: 'number' }),
  lastSeenAt: exactMoment('last_seen_at'),
  errorRate: doublePrecision('error_rate'),
  bindState: text('bind_state', { enum: ['BOUND', 'UNBOUND'] }),
  bindError: text('bind_error'),
  transitions: bigint('transitions', { mode: 'number' }).notNull(),
})

export const operatorHealthLog = ops.table('operator_health_log', {
  operatorId: text('operator_id').notNull(),
  transition: bigint('transition', { mode: 'number' }).notNull(),
  previousState: text('previous_state').$type<HealthState>().notNull(),
  newState: text('new_state').$type<HealthState>().notNull(),
  errorRate: doublePrecision('error_rate').notNull(),
  bindState: text('bind_state').$type<BindState>().notNull(),
  bindError: text('bind_error'),
  receivedAt: exactMoment('received_at').notNull(),
})

export const routingRules = ops.table('routing_rules', {
  ruleId: uuid('rule_id').primaryKey(),
  operatorId: text('operator_id').notNull(),
  prefix: text('prefix').notNull(),
  mcc: text('mcc'),
  mnc: text('mnc'),
  priority: integer('priority').notNull(),
  weight: integer('weight').notNull(),
  costPerSegment: numeric('cost_per_segment', { precision: 18, scale: 6 }).notNull(),
  currency: text('currency').notNull(),
  active: boolean('active').notNull(),
  allowNested: boolean('allow_nested').notNull(),
  createdAt: moment('created_at').notNull(),
  createdBy: text('created_by').notNull(),
  updatedAt: moment('updated_at').notNull(),
  updatedBy: text('updated_by').notNull(),
})

export const destinationPrefixes = ops.table('destination_prefixes', {
  ruleId: uuid('rule_id').primaryKey(),
  operatorId: text('operator_id').notNull(),
  prefix: text('prefix').notNull(),
  mcc: text('mcc'),
  mnc: text('mnc'),
  rangeStart: bigint('range_start', { mode: 'number' }).notNull(),
  rangeEnd: bigint('range_end', { mode: 'number' }).notNull(),
})

export const idempotencyKeys = ops.table('idempotency_keys', {
  subject: text('subject').notNull(),
  key: text('key').notNull(),
  fingerprint: text('fingerprint').notNull(),
  state: text('state', { enum: ['RUNNING', 'DONE'] }).notNull(),
  operatorId: text('operator_id'),
  answer: json('answer').$type<StoredAnswer>(),
  createdAt: moment('created_at').notNull(),
})
