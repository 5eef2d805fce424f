import type { Test } from 'tap'
import type { AuditEntry } from '../change/audit-entry.ts'
import type { AuditLog } from '../change/audit-log.ts'
import type { IdempotencyKeys } from '../change/idempotency.ts'
import type { HealthLog } from '../health/health-log.ts'
import type { HealthRepository } from '../health/health-repository.ts'
import type { HealthTransition, OperatorHealth } from '../health/operator-health.ts'
import type { CredentialsCleanup } from '../operator/credentials-cleanup.ts'
import { type Operator, type ProvisionalOperator, provisioned, revised, softDeleted } from '../operator/operator.ts'
import type { OperatorDirectory } from '../operator/operator-directory.ts'
import type { OperatorRepository } from '../operator/operator-repository.ts'
import type { Outbox } from '../outbox/outbox.ts'
import type { RoutingRules } from '../routing/routing-rules.ts'
import { aProvisionalOperator, aRecordedChange } from './samples.ts'

/** The ports that share one database, empty, and what only a look inside shows. */
export type StoreHarness = Readonly<{
  operators: OperatorRepository
  directory: OperatorDirectory
  outbox: Outbox
  cleanup: CredentialsCleanup
  health: HealthRepository
  routingRules: RoutingRules
  idempotency: IdempotencyKeys
  auditLog: AuditLog
  healthLog: HealthLog
  /** All history as it is kept, oldest first. */
  audit(): Promise<readonly AuditEntry[]>
  /** All logged transitions, by operator and number. */
  transitions(): Promise<readonly HealthTransition[]>
  /** Makes every clean-up due `seconds` sooner. */
  bringCleanupsForward(seconds: number): Promise<void>
  /** Makes every idempotency key `hours` older. */
  ageIdempotencyKeys(hours: number): Promise<void>
}>

export type OpenStore = (t: Test) => Promise<StoreHarness>

/** A finished operator at version 1. */
export async function createOperatorIn(
  { operators }: Pick<StoreHarness, 'operators'>,
  settings: Partial<ProvisionalOperator> = {},
): Promise<Operator> {
  const draft = aProvisionalOperator(settings)
  const operator = provisioned(draft, {
    createdAt: await operators.insertProvisional(draft, 60),
    credentialsVersion: 1,
  })
  const done = await operators.complete(operator, aRecordedChange('operator.config.created.v1', operator))
  if (!done) throw new Error('the clean-up came before the operator was complete')
  return operator
}

/** The next version of a finished operator; returns it. */
export async function updateOperatorIn(
  { operators }: Pick<StoreHarness, 'operators'>,
  operatorId: Operator['operatorId'],
  settings: Parameters<typeof revised>[1] = {},
): Promise<Operator> {
  return operators.change(operatorId, { acrossVault: false }, async ({ operator, at, save, record }) => {
    const next = revised(operator, settings, { actor: 'zahra', at })
    await save(next)
    await record(next, aRecordedChange('operator.config.updated.v1', next))
    return next
  })
}

/** Deletes a finished operator, its secret due in 30 days; returns its last version. */
export async function deleteOperatorIn(
  { operators }: Pick<StoreHarness, 'operators'>,
  operatorId: Operator['operatorId'],
): Promise<Operator> {
  return operators.change(operatorId, { acrossVault: false }, async (change) => {
    const next = softDeleted(change.operator, { actor: 'zahra', at: change.at })
    await change.scheduleCredentialsRemoval(30)
    await change.record(next, aRecordedChange('operator.config.deleted.v1', next))
    return next
  })
}

/** Writes one operator's state, without a transition. */
export async function reportHealthIn({ health }: Pick<StoreHarness, 'health'>, state: OperatorHealth): Promise<void> {
  await health.change([state.operatorId], () => ({ states: [state], transitions: [] }))
}
