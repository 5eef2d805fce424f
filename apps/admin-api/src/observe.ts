import { type Metrics, type ObserveUseCase, observeUseCases } from '@oms/adapters/telemetry'
import { RotationsBlocked } from '@oms/domain'

/** The counter of each use case; what changes nothing has none. */
const COUNTERS = {
  createOperator: 'operatorCreate',
  updateOperator: 'operatorUpdate',
  softDeleteOperator: 'operatorDelete',
  setTpsLimit: 'operatorUpdate',
  createRoutingRule: 'routingRuleCreate',
  createRoutingRules: 'routingRuleCreate',
  updateRoutingRule: 'operatorUpdate',
  deleteRoutingRule: 'operatorUpdate',
  checkRoutingRules: undefined,
  listOperators: undefined,
  getOperator: undefined,
  getTpsLimit: undefined,
  listRoutingRules: undefined,
  getRoutingRule: undefined,
  listDestinationPrefixes: undefined,
  previewRouting: undefined,
  listHealthLog: undefined,
  listAuditLog: undefined,
  listOperatorAuditLog: undefined,
} as const

/** Runs a use case under its span, counts its result and writes its line. */
export type Observe = ObserveUseCase<keyof typeof COUNTERS>

export const createObserve = (metrics: Metrics): Observe =>
  observeUseCases({
    spans: 'ops.admin',
    counters: COUNTERS,
    metrics,
    onFailure(error, log, operatorId) {
      if (!(error instanceof RotationsBlocked)) return
      metrics.rotationsBlocked.inc()
      log.error({ operatorId, err: error }, 'rotations of this operator are blocked until somebody looks')
    },
  })
