import type { HealthState } from '../health/health-state.ts'
import type { BindType } from './bind-type.ts'
import type { Host } from './host.ts'
import type { MnoId } from './mno-id.ts'
import type { Notes } from './notes.ts'
import type { OperatorId } from './operator-id.ts'
import type { OperatorName } from './operator-name.ts'
import type { Port } from './port.ts'
import type { OperatorStatus } from './status.ts'
import type { SystemId } from './system-id.ts'
import type { SystemType } from './system-type.ts'
import type { TpsLimit } from './tps-limit.ts'

/** Where an operator is reached and as whom: unique among live operators. */
export type Endpoint = Readonly<{ host: Host; port: Port; systemId: SystemId }>

/** What an admin configures, the password apart. */
export type OperatorSettings = Endpoint &
  Readonly<{
    name: OperatorName
    systemType: SystemType
    bindType: BindType
    tpsLimit: TpsLimit
    status: OperatorStatus
    notes: Notes | null
    mnoId: MnoId | null
  }>

/** An operator whose credentials are not yet known to be in Vault: no read of any API sees it. */
export type ProvisionalOperator = OperatorSettings & Readonly<{ operatorId: OperatorId; createdBy: string }>

/** One SMPP connection endpoint to a carrier. */
export type Operator = OperatorSettings &
  Readonly<{
    operatorId: OperatorId
    /** The version of the Vault secret that belongs to this state. */
    credentialsVersion: number
    /** +1 on every committed change of the operator or its rules; 1 after create. */
    version: number
    createdAt: Date
    createdBy: string
    updatedAt: Date
    updatedBy: string
    deletedAt: Date | null
  }>

/** An operator as reads show it: health is UNKNOWN and stale once reports stopped for 60 s. */
export type OperatorView = Readonly<{ operator: Operator; healthState: HealthState; healthStale: boolean }>

/** The state right after create: version 1, INACTIVE until an admin activates it. */
export function provisioned(
  operator: ProvisionalOperator,
  facts: Readonly<{ createdAt: Date; credentialsVersion: number }>,
): Operator {
  return {
    ...operator,
    credentialsVersion: facts.credentialsVersion,
    version: 1,
    createdAt: facts.createdAt,
    updatedAt: facts.createdAt,
    updatedBy: operator.createdBy,
    deletedAt: null,
  }
}

/** The next version of `operator`, changed by `actor` at `at`. */
export const revised = (
  operator: Operator,
  change: Partial<OperatorSettings> & Readonly<{ credentialsVersion?: number; deletedAt?: Date }>,
  by: Readonly<{ actor: string; at: Date }>,
): Operator => ({ ...operator, ...change, version: operator.version + 1, updatedAt: by.at, updatedBy: by.actor })

/** A deleted operator is INACTIVE, whatever it was before. */
export const softDeleted = (operator: Operator, by: Readonly<{ actor: string; at: Date }>): Operator =>
  revised(operator, { status: 'INACTIVE', deletedAt: by.at }, by)
