import { type Logger, type Metrics, withSpan } from '@oms/adapters/telemetry'
import { DomainError, type ErrorCode } from '@oms/domain'

export type Action = 'create' | 'update' | 'delete'

/** Runs a use case under its span, counts its result and writes its line. */
export type Observe = <T>(action: Action, useCase: () => Promise<T>) => Promise<T>

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
  return async (action, useCase) => {
    const since = performance.now()
    const tell = (result: Result) => {
      // Only a create has duplicates for a result of their own.
      const label = result === 'duplicate' && action !== 'create' ? 'conflict' : result
      counters[action].inc({ result: label })
      log.info({ action, result: label, durationMs: Math.round((performance.now() - since) * 10) / 10 }, 'use case')
    }
    try {
      const answer = await withSpan(`ops.admin.${action}Operator`, { 'ops.action': action }, useCase)
      tell('ok')
      return answer
    } catch (error) {
      tell((error instanceof DomainError && RESULT_OF[error.code]) || 'error')
      throw error
    }
  }
}
