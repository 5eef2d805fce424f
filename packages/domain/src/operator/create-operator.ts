import { attempt, type ReportFailure } from '../change/after-commit.ts'
import type { ChangeContext } from '../change/change-context.ts'
import type { IdempotencyClaim, KeptAnswer, Once } from '../change/idempotency.ts'
import { CommitOutcomeUnknown, DomainError, isDomainError } from '../errors.ts'
import type { CachedHealth, HealthCache } from '../health/health-cache.ts'
import { HEALTH_FRESH_SECONDS } from '../health/health-state.ts'
import { micros } from '../health/micros.ts'
import type { CredentialsStore } from './credentials-store.ts'
import { duplicateOperatorGuard } from './duplicate-operator-guard.ts'
import { type Operator, type OperatorView, type ProvisionalOperator, provisioned } from './operator.ts'
import { recordedCreate } from './operator-changes.ts'
import type { CreateOperator } from './operator-commands.ts'
import { writeCredentials } from './operator-credentials.ts'
import type { OperatorId } from './operator-id.ts'
import type { OperatorRepository } from './operator-repository.ts'
import { passwordWarnings, type Warning } from './password.ts'

export type CreateOperatorPorts = Readonly<{
  operators: Pick<OperatorRepository, 'holders' | 'insertProvisional' | 'complete' | 'abandon' | 'wasCommitted'>
  credentials: Pick<CredentialsStore, 'write'>
  healthCache: Pick<HealthCache, 'initialise'>
  newOperatorId: () => OperatorId
  newEventId: () => string
  /** Milliseconds on a clock that never steps. */
  elapsedMs: () => number
  wakeRelay: () => void
  report: ReportFailure
}>

export type CreatedOperator = OperatorView & Readonly<{ warnings: readonly Warning[] }>

const CLEANUP_AFTER_SECONDS = 60
/** Leaves the Vault write and the second transaction two thirds of the time before the clean-up comes. */
const VAULT_WRITE_WITHIN_MS = 20_000

/**
 * Claims the endpoint in PostgreSQL, writes the secret, then makes the operator visible together with its event, so that
 * an operator is never seen without its credentials and whatever a crash leaves is swept away.
 *
 * Rejects with DUPLICATE_OPERATOR, DUPLICATE_NAME, VAULT_UNAVAILABLE, DEPENDENCY_UNAVAILABLE, and with
 * IdempotencyKeyTaken when it has a claim; nothing stays then.
 */
export async function createOperator(
  ports: CreateOperatorPorts,
  command: CreateOperator & Readonly<{ once?: Once<CreatedOperator> | undefined }>,
): Promise<CreatedOperator> {
  const { settings, password, context, once } = command
  // A claim comes before any guard: the holder may be the same request, sent twice at once.
  if (once === undefined) await duplicateOperatorGuard(ports, settings)

  const draft: ProvisionalOperator = {
    ...settings,
    status: 'INACTIVE',
    operatorId: ports.newOperatorId(),
    createdBy: context.actor,
  }
  const startedAt = ports.elapsedMs()
  const createdAt = await claim(ports, draft, once?.claim)
  const created = await abandoningOnFailure(ports, draft.operatorId, async () => {
    if (ports.elapsedMs() - startedAt > VAULT_WRITE_WITHIN_MS) throw unfinished('the database was too slow')
    const credentialsVersion = await writeCredentials(ports.credentials, draft.operatorId, {
      systemId: settings.systemId,
      password,
    })
    const operator = provisioned(draft, { createdAt, credentialsVersion })
    const created = {
      operator,
      healthState: 'UNKNOWN',
      healthStale: false,
      warnings: passwordWarnings(password),
    } satisfies CreatedOperator
    await finish(ports, operator, { context, kept: once && { claim: once.claim, answer: once.answerTo(created) } })
    return created
  })

  ports.wakeRelay()
  await attempt(ports.report, 'initialise the health key of a new operator', () =>
    ports.healthCache.initialise({
      operatorId: created.operator.operatorId,
      value: unknownHealth(created.operator),
      ttlSeconds: HEALTH_FRESH_SECONDS,
    }),
  )
  return created
}

async function claim(
  ports: CreateOperatorPorts,
  draft: ProvisionalOperator,
  key: IdempotencyClaim | undefined,
): Promise<Date> {
  try {
    return await ports.operators.insertProvisional(draft, CLEANUP_AFTER_SECONDS, key)
  } catch (error) {
    // The index decided against us after the guard had seen nothing: let the guard name who won.
    if (isDomainError(error, 'DUPLICATE_OPERATOR', 'DUPLICATE_NAME')) await duplicateOperatorGuard(ports, draft)
    if (!(error instanceof CommitOutcomeUnknown)) throw soonFree(error)
    await abandon(ports, draft.operatorId)
    throw unfinished('the database lost the connection', error)
  }
}

/** Whoever won has gone again since: the same create may succeed now. */
const soonFree = (error: unknown): unknown =>
  isDomainError(error, 'DUPLICATE_OPERATOR', 'DUPLICATE_NAME')
    ? new DomainError(error.code, error.message, { retryAfter: 1, cause: error })
    : error

async function finish(
  ports: CreateOperatorPorts,
  operator: Operator,
  { context, kept }: Readonly<{ context: ChangeContext; kept: KeptAnswer | undefined }>,
): Promise<void> {
  const change = recordedCreate(operator, { eventId: ports.newEventId(), auditId: ports.newEventId(), context })
  try {
    if (await ports.operators.complete(operator, change, kept)) return
  } catch (error) {
    if (!(error instanceof CommitOutcomeUnknown)) throw error
    if (await ports.operators.wasCommitted(operator.operatorId, change.event.eventId)) return
    throw unfinished('the database lost the connection', error)
  }
  throw unfinished('the create took too long')
}

async function abandoningOnFailure<T>(
  ports: CreateOperatorPorts,
  operatorId: OperatorId,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work()
  } catch (error) {
    // An operator that did get finished is left alone by this; what cannot be undone now is swept later.
    await abandon(ports, operatorId)
    throw error
  }
}

const abandon = (ports: CreateOperatorPorts, operatorId: OperatorId): Promise<void> =>
  attempt(ports.report, 'undo a create', () => ports.operators.abandon(operatorId))

const unfinished = (why: string, cause?: unknown): DomainError =>
  new DomainError('DEPENDENCY_UNAVAILABLE', `the operator was not created: ${why}`, { retryAfter: 1, cause })

const unknownHealth = (operator: Operator): CachedHealth => ({
  status: 'UNKNOWN',
  errorRate: null,
  bindState: null,
  since: operator.createdAt.toISOString(),
  at: operator.createdAt.toISOString(),
  // Older than any report.
  receivedAt: micros(0),
  streamSequence: 0,
})
