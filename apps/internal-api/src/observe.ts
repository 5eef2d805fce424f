import { type Metrics, type ObserveUseCase, observeUseCases } from '@oms/adapters/telemetry'

/** The counter of each use case; who read which operator's credentials is in its line. */
const COUNTERS = {
  getCredentials: 'credentialsRead',
  getOperator: undefined,
  listOperators: undefined,
  getOperatorHealth: undefined,
} as const

/** Runs a use case under its span, counts its result and writes its line. */
export type Observe = ObserveUseCase<keyof typeof COUNTERS>

export const createObserve = (metrics: Metrics): Observe =>
  observeUseCases({ spans: 'ops.internal', counters: COUNTERS, metrics })
