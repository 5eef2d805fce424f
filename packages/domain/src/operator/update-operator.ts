import type { ReportFailure } from '../change/after-commit.ts'
import type { Recording } from '../change/recorded-change.ts'
import { isDomainError } from '../errors.ts'
import { changeOperator } from './change-operator.ts'
import type { CredentialsStore } from './credentials-store.ts'
import { duplicateOperatorGuard } from './duplicate-operator-guard.ts'
import { type Operator, type OperatorSettings, type OperatorView, revised } from './operator.ts'
import { recordedUpdate } from './operator-changes.ts'
import type { OperatorPatch, UpdateOperator } from './operator-commands.ts'
import { rotateCredentials } from './operator-credentials.ts'
import { diffOperators } from './operator-diff.ts'
import type { OperatorChange, OperatorRepository } from './operator-repository.ts'
import { passwordWarnings, type Warning } from './password.ts'
import { assertStatusTransition } from './status.ts'
import { tpsLimit } from './tps-limit.ts'
import { assertVersion } from './version-precondition.ts'

export type UpdateOperatorPorts = Readonly<{
  operators: Pick<OperatorRepository, 'find' | 'holders' | 'change' | 'wasCommitted'>
  credentials: Pick<CredentialsStore, 'write' | 'read' | 'latestVersion'>
  newEventId: () => string
  wakeRelay: () => void
  report: ReportFailure
}>

export type UpdatedOperator = OperatorView & Readonly<{ warnings: readonly Warning[] }>

/**
 * Applies a patch under the operator's row lock. A password is always a rotation; a patch that changes nothing leaves no
 * trace. Rejects with OPERATOR_NOT_FOUND, VERSION_MISMATCH, INVALID_STATUS_TRANSITION, DUPLICATE_OPERATOR,
 * DUPLICATE_NAME, VAULT_UNAVAILABLE, CREDENTIALS_MISSING, SERVICE_OVERLOADED, DEPENDENCY_UNAVAILABLE; nothing has changed
 * then.
 */
export async function updateOperator(ports: UpdateOperatorPorts, command: UpdateOperator): Promise<UpdatedOperator> {
  const { operatorId, patch, context } = command
  const recording = { eventId: ports.newEventId(), auditId: ports.newEventId(), context }
  const plan = {
    operatorId,
    eventId: recording.eventId,
    acrossVault: patch.password !== undefined || patch.systemId !== undefined,
    undone: 'the operator was not changed',
  }
  try {
    const result = await changeOperator(ports, plan, (change) => applyPatch(ports, change, { command, recording }))
    return { ...(await withHealth(ports, result)), warnings: patch.password ? passwordWarnings(patch.password) : [] }
  } catch (error) {
    throw await withHolders(ports, error, command)
  }
}

async function applyPatch(
  ports: UpdateOperatorPorts,
  change: OperatorChange,
  { command, recording }: Readonly<{ command: UpdateOperator; recording: Recording }>,
): Promise<Operator> {
  const { patch, context } = command
  const current = change.operator
  assertVersion(current, command.ifMatch)
  const settings = patched(current, patch)
  assertStatusTransition(current.status, settings.status)
  const rotates = patch.password !== undefined || settings.systemId !== current.systemId
  const revision = revised(current, settings, { actor: context.actor, at: change.at })
  if (!rotates && diffOperators(current, revision).changedFields.length === 0) return current

  await change.save(revision)
  const next = rotates
    ? {
        ...revision,
        credentialsVersion: await rotateCredentials(ports.credentials, current, {
          systemId: settings.systemId,
          password: patch.password,
        }),
      }
    : revision
  await change.record(next, recordedUpdate(current, next, { ...recording, rotated: rotates }))
  return next
}

function patched(operator: Operator, patch: OperatorPatch): OperatorSettings {
  const { password: _password, tpsLimit: limit, ...settings } = patch
  return { ...operator, ...settings, tpsLimit: tpsLimit({ ...operator.tpsLimit, ...limit }) }
}

/** Lets the guard name who holds the claim; the transaction that met the holder cannot read any more. */
async function withHolders(ports: UpdateOperatorPorts, error: unknown, command: UpdateOperator): Promise<unknown> {
  if (!isDomainError(error, 'DUPLICATE_OPERATOR', 'DUPLICATE_NAME')) return error
  const view = await ports.operators.find(command.operatorId)
  if (view === undefined) return error
  try {
    await duplicateOperatorGuard(ports, patched(view.operator, command.patch), command.operatorId)
    return error
  } catch (named) {
    return named
  }
}

/** Health has a writer of its own; when it cannot be read now, that is what the answer says. */
async function withHealth(ports: UpdateOperatorPorts, operator: Operator): Promise<OperatorView> {
  try {
    const view = await ports.operators.find(operator.operatorId)
    if (view !== undefined) return { ...view, operator }
  } catch (error) {
    ports.report('read the health of an updated operator', error)
  }
  return { operator, healthState: 'UNKNOWN', healthStale: true }
}
