import { FAMILIES, type Logger, type Metrics, withSpan } from '@oms/adapters/telemetry'
import {
  type ChangeContext,
  DomainError,
  type ErrorCode,
  IdempotencyKeyTaken,
  type OperatorId,
  RotationsBlocked,
} from '@oms/domain'

/** The counter of each use case; a check that changes nothing has none. */
const COUNTERS = {
  createOperator: 'operatorCreate',
  updateOperator: 'operatorUpdate',
  softDeleteOperator: 'operatorDelete',
  setTpsLimit: 'operatorUpdate',
  createRoutingRule: 'routingRuleCreate',
  createRoutingRules: 'routingRuleCreate',
  checkRoutingRules: undefined,
  updateRoutingRule: 'operatorUpdate',
  deleteRoutingRule: 'operatorUpdate',
} as const

export type UseCase = keyof typeof COUNTERS

/** What is known of a use case before it runs; `operatorIdOf` finds in the answer what a create only then knows. */
export type Facts<T> = Readonly<{
  useCase: UseCase
  adminId: string
  operatorId?: string
  operatorIdOf?: (answer: T) => string
}>

/** Those of a command for an operator. */
export const factsOf = (
  useCase: UseCase,
  { operatorId, context }: Readonly<{ operatorId: OperatorId; context: ChangeContext }>,
) => ({ useCase, adminId: context.actor, operatorId })

/** Runs a use case under its span, counts its result and writes its line. */
export type Observe = <T>(facts: Facts<T>, work: () => Promise<T>) => Promise<T>

type Result = 'ok' | 'not_found' | 'duplicate' | 'conflict' | 'vault_error' | 'error'

const RESULT_OF: Partial<Record<ErrorCode, Result>> = {
  OPERATOR_NOT_FOUND: 'not_found',
  ROUTING_RULE_NOT_FOUND: 'not_found',
  DUPLICATE_OPERATOR: 'duplicate',
  DUPLICATE_NAME: 'duplicate',
  PREFIX_CONFLICT: 'conflict',
  VERSION_MISMATCH: 'conflict',
  INVALID_STATUS_TRANSITION: 'conflict',
  VAULT_UNAVAILABLE: 'vault_error',
  CREDENTIALS_MISSING: 'vault_error',
}

export function createObserve({ log, metrics }: Readonly<{ log: Logger; metrics: Metrics }>): Observe {
  return async ({ useCase, adminId, operatorId, operatorIdOf }, work) => {
    const since = performance.now()
    const counter = COUNTERS[useCase]
    const tell = (found: Result, id = operatorId) => {
      const result = counter === undefined ? found : labelOf(counter, found)
      if (counter !== undefined) metrics[counter].inc({ result })
      const durationMs = Math.round((performance.now() - since) * 10) / 10
      log.info({ action: useCase, operatorId: id, adminId, result, durationMs }, 'use case')
    }
    try {
      const attributes = {
        'ops.action': useCase,
        ...(operatorId === undefined ? {} : { 'ops.operator_id': operatorId }),
      }
      const answer = await withSpan(`ops.admin.${useCase}`, { attributes }, work)
      tell('ok', operatorIdOf?.(answer) ?? operatorId)
      return answer
    } catch (error) {
      // Another request with the same key does it: this one comes back for its answer.
      if (error instanceof IdempotencyKeyTaken) throw error
      tell((error instanceof DomainError && RESULT_OF[error.code]) || 'error')
      if (error instanceof RotationsBlocked) {
        metrics.rotationsBlocked.inc()
        log.error(
          { action: useCase, operatorId, err: error },
          'rotations of this operator are blocked until somebody looks',
        )
      }
      throw error
    }
  }
}

/** The result as the family knows it: one that it has no word for is a conflict or an error there. */
function labelOf(counter: NonNullable<(typeof COUNTERS)[UseCase]>, result: Result): string {
  const known: readonly string[] = FAMILIES[counter].labels.result
  if (known.includes(result)) return result
  return result === 'duplicate' ? 'conflict' : 'error'
}
