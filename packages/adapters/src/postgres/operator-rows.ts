import type {
  HealthState,
  Host,
  MnoId,
  Notes,
  Operator,
  OperatorId,
  OperatorName,
  OperatorSettings,
  OperatorView,
  Port,
  SystemId,
  SystemType,
} from '@oms/domain'
import { HEALTH_FRESH_SECONDS } from '@oms/domain'
import { and, eq, isNull, type SQL, sql } from 'drizzle-orm'
import { operatorHealth, operators } from './schema.ts'

export type OperatorRow = typeof operators.$inferSelect

/** Rows that readers may see; deleted ones are history. */
export const isReady: SQL = eq(operators.provisioning, 'READY')
export const isLive = and(isReady, isNull(operators.deletedAt))

const isFresh = sql`${operatorHealth.lastReceivedAt} >= now() - make_interval(secs => ${sql.raw(String(HEALTH_FRESH_SECONDS))})`

/** Health as reads show it: UNKNOWN once reports stopped, and UNKNOWN before the first one. */
export const shownHealthState = sql<HealthState>`case when ${isFresh} then ${operatorHealth.state} else 'UNKNOWN' end`
export const healthStale = sql<boolean>`coalesce(not (${isFresh}), false)`

/** Selected from operators, left joined with operator_health. */
export const viewColumns = { operator: operators, healthState: shownHealthState, healthStale }

export type ViewRow = Readonly<{ operator: OperatorRow; healthState: HealthState; healthStale: boolean }>

export const toView = ({ operator, healthState, healthStale }: ViewRow): OperatorView => ({
  operator: toOperator(operator),
  healthState,
  healthStale,
})

// What was parsed at the edge before it was written is trusted when it is read.
export const toOperator = (row: OperatorRow): Operator => ({
  operatorId: row.operatorId as OperatorId,
  name: row.name as OperatorName,
  host: row.host as Host,
  port: row.port as Port,
  systemId: row.systemId as SystemId,
  systemType: row.systemType as SystemType,
  bindType: row.bindType,
  tpsLimit: {
    maxTps: row.maxTps,
    burstMultiplier: row.burstMultiplier,
    burstWindowMs: row.burstWindowMs,
    enforcementMode: row.enforcementMode,
  },
  status: row.status,
  notes: row.notes as Notes | null,
  mnoId: row.mnoId as MnoId | null,
  credentialsVersion: row.credentialsVersion,
  version: row.version,
  createdAt: row.createdAt,
  createdBy: row.createdBy,
  updatedAt: row.updatedAt,
  updatedBy: row.updatedBy,
  deletedAt: row.deletedAt,
})

export const settingsRow = (settings: OperatorSettings) => ({
  name: settings.name,
  host: settings.host,
  port: settings.port,
  systemId: settings.systemId,
  systemType: settings.systemType,
  bindType: settings.bindType,
  ...settings.tpsLimit,
  status: settings.status,
  notes: settings.notes,
  mnoId: settings.mnoId,
})

/** What a finished operator's row says beside its identity and its origin. */
export const stateRow = (operator: Operator) => ({
  ...settingsRow(operator),
  credentialsVersion: operator.credentialsVersion,
  version: operator.version,
  updatedAt: operator.updatedAt,
  updatedBy: operator.updatedBy,
  deletedAt: operator.deletedAt,
})
