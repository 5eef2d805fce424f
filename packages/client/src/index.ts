export { createOperatorClient, type OperatorClient, type OperatorClientOptions } from './client.ts'
export type { DirectoryChange } from './directory.ts'
export { OperatorClientError } from './errors.ts'
export type { HealthChange, OperatorHealth } from './health.ts'
export type { TlsFiles } from './internal-api.ts'
export type { ClientObserver, Problem } from './observer.ts'
export type {
  BindType,
  DirectoryOperator,
  HealthState,
  Operator,
  OperatorCredentials,
  OperatorStatus,
  RoutingRule,
  TpsLimit,
} from './operator.ts'
export type { Network, RouteCandidate } from './routing-table.ts'
export { TIMING, type Timing } from './timing.ts'
