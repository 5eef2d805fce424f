import {
  type Claim,
  type CredentialsStore,
  type DirectoryEntry,
  type Operator,
  type OperatorDirectory,
  type OperatorRepository,
  readCredentials,
} from '@oms/domain'
import type { Cells, Column } from './columns.ts'
import { MIGRATION_ACTOR, type OperatorOrder } from './operator-order.ts'
import { isSameSecret } from './same-secret.ts'

export type ExistingOperatorPorts = Readonly<{
  operators: Pick<OperatorRepository, 'holders'>
  directory: Pick<OperatorDirectory, 'find'>
  credentials: Pick<CredentialsStore, 'read'>
}>

/** PENDING: somebody's create of it is not finished, or was cut off and is not swept yet. */
export type Existing = Readonly<{ state: 'NONE' } | { state: 'PENDING' } | { state: 'LIVE'; entry: DirectoryEntry }>

/** The operator with this endpoint or, failing that, with this name. */
export async function findExisting(ports: ExistingOperatorPorts, claim: Claim): Promise<Existing> {
  const holders = await ports.operators.holders(claim)
  const live = holders.filter(({ provisional }) => !provisional)
  const holder = live.find(({ holds }) => holds === 'endpoint') ?? live[0]
  if (holder === undefined) return { state: holders.length > 0 ? 'PENDING' : 'NONE' }
  const entry = await ports.directory.find(holder.operatorId)
  return entry === undefined ? { state: 'NONE' } : { state: 'LIVE', entry }
}

/**
 * The columns in which a given cell differs from the operator; the password is held against the version that the operator
 * names. Rejects with VAULT_UNAVAILABLE, CREDENTIALS_MISSING.
 */
export async function differingColumns(
  ports: Pick<ExistingOperatorPorts, 'credentials'>,
  operator: Operator,
  { order, cells }: Readonly<{ order: OperatorOrder; cells: Cells }>,
): Promise<readonly Column[]> {
  const { settings, password } = order.command
  const wanted = comparable({ ...settings, status: order.status })
  const present = comparable(operator)
  const differing = (Object.keys(wanted) as (keyof typeof wanted)[]).filter(
    (column) => cells[column] !== undefined && wanted[column] !== present[column],
  )
  const held = await readCredentials(ports.credentials, operator)
  return isSameSecret(held.password, password) ? differing : [...differing, 'password']
}

/** Made by the migration and left alone since: what it lacks is what an interrupted run did not come to. */
export const isOursAlone = ({ createdBy, updatedBy }: Operator): boolean =>
  createdBy === MIGRATION_ACTOR && updatedBy === MIGRATION_ACTOR

const comparable = (
  of: Omit<Operator, 'operatorId' | 'version' | 'credentialsVersion' | `${string}At` | `${string}By`>,
) => ({
  name: of.name,
  status: of.status,
  host: of.host,
  port: of.port,
  system_id: of.systemId,
  system_type: of.systemType,
  bind_type: of.bindType,
  max_tps: of.tpsLimit.maxTps,
  burst_multiplier: of.tpsLimit.burstMultiplier,
  enforcement_mode: of.tpsLimit.enforcementMode,
  notes: of.notes,
  mno: of.mnoId,
})
