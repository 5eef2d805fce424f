import { type Logger, type Metrics, withSpan } from '@oms/adapters/telemetry'
import { DomainError, type ErrorCode, RotationsBlocked } from '@oms/domain'

export type Action = 'create' | 'update' | 'delete'

/** What is known of a use case before it runs; `operatorIdOf` finds in the answer what a create only then knows. */
export type Facts<T> = Readonly<{
  action: Action
  adminId: string
  operatorId?: string
  operatorIdOf?: (answer: T) => string
}>

/** Runs a use case under its span, counts its result and writes its line. */
export type Observe = <T>(facts: Facts<T>, useCase: () => Promise<T>) => Promise<T>

type Result = 'ok' | 'not_found' | 'duplicate' | 'conflict' | 'vault_error' | 'error'

const RESULT_OF: Partial<Record<ErrorCode, Result>> = {
  OPERATOR_NOT_FOUND: 'not_found',
  DUPLICATE_OPERATOR: 'duplicate',
  DUPLICATE_NAME: 'duplicate',
  VERSION_MISMATCH: 'conflict',
  INVALID_STATUS_TRANSITION: 'conflict',
  VAULT_UNAVAILABLE: 'vault_error',
  CREDENTIALS_MISSING: 'vault_error',
}

export function createObserve({ log, metrics }: Readonly<{ log: Logger; metrics: Metrics }>): Observe {
  const counters = { create: metrics.operatorCreate, update: metrics.operatorUpdate, delete: metrics.operatorDelete }
  return async ({ action, adminId, operatorId, operatorIdOf }, useCase) => {
    const since = performance.now()
    const tell = (result: Result, id = operatorId) => {
      // Only a create has duplicates for a result of their own.
      const label = result === 'duplicate' && action !== 'create' ? 'conflict' : result
      counters[action].inc({ result: label })
      const durationMs = Math.round((performance.now() - since) * 10) / 10
      log.info({ action, operatorId: id, adminId, result: label, durationMs }, 'use case')
    }
    try {
      const attributes = {
        'ops.action': action,
        ...(operatorId === undefined ? {} : { 'ops.operator_id': operatorId }),
      }
      const answer = await withSpan(`ops.admin.${action}Operator`, attributes, useCase)
      tell('ok', operatorIdOf?.(answer) ?? operatorId)
      return answer
    } catch (error) {
      tell((error instanceof DomainError && RESULT_OF[error.code]) || 'error')
      if (error instanceof RotationsBlocked) {
        metrics.rotationsBlocked.inc()
        log.error({ action, operatorId, err: error }, 'rotations of this operator are blocked until somebody looks')
      }
      throw error
    }
  }
}
