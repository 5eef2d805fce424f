// The shapes of the internal API and of the config events, as peers see them: /openapi.json of internal-api, infra/schemas.

export type HealthState = 'HEALTHY' | 'DEGRADED' | 'UNHEALTHY' | 'UNKNOWN'
export type OperatorStatus = 'ACTIVE' | 'INACTIVE' | 'SUSPENDED'
export type BindType = 'TRANSCEIVER' | 'TRANSMITTER' | 'RECEIVER'

/** `maxTps` counts segments (submit_sm PDUs) per second. */
export type TpsLimit = Readonly<{
  maxTps: number
  burstMultiplier: number
  burstWindowMs: number
  enforcementMode: 'HARD_REJECT' | 'SOFT_THROTTLE'
}>

/** `prefix` is E.164 with its +; `costPerSegment` decimal text with six places; times are ISO 8601. */
export type RoutingRule = Readonly<{
  ruleId: string
  operatorId: string
  prefix: string
  mcc: string | null
  mnc: string | null
  /** Lower is preferred. */
  priority: number
  /** Higher is preferred. */
  weight: number
  costPerSegment: string
  currency: string
  active: boolean
  allowNested: boolean
  createdAt: string
  createdBy: string
  updatedAt: string
  updatedBy: string
}>

/** An operator with its rules. `version` grows by 1 with each committed change. There is no password in it, ever. */
export type Operator = Readonly<{
  operatorId: string
  name: string
  host: string
  port: number
  systemId: string
  systemType: string
  bindType: BindType
  tpsLimit: TpsLimit
  status: OperatorStatus
  notes: string | null
  mnoId: string | null
  credentialsVersion: number
  version: number
  createdAt: string
  createdBy: string
  updatedAt: string
  updatedBy: string
  rules: readonly RoutingRule[]
}>

/** As the directory answers it: health was read with the configuration and is advisory. */
export type DirectoryOperator = Operator & Readonly<{ healthState: HealthState; healthStale: boolean }>

/** What a bind needs. Keep it in memory, never on disk. */
export type OperatorCredentials = Readonly<{
  operatorId: string
  host: string
  port: number
  bindType: BindType
  systemType: string
  tpsLimit: TpsLimit
  systemId: string
  password: string
  credentialsVersion: number
  version: number
}>
