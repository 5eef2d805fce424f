export { SpanKind } from '@opentelemetry/api'
export { createLogger, type Logger, type LoggerSettings } from './logger.ts'
export { FAMILIES } from './metric-families.ts'
export type { App, Family } from './metric-family.ts'
export { createMetrics, type Metrics, type MetricsSettings } from './metrics.ts'
export { type PrintableError, printable, serializeError } from './serialize-error.ts'
export { childOf, formatTraceparent, parseTraceparent, type TraceContext } from './trace-context.ts'
export {
  AUDIT_LOG_SPANS,
  credentialsSpans,
  DIRECTORY_SPANS,
  HEALTH_CACHE_SPANS,
  HEALTH_LOG_SPANS,
  HEALTH_SPANS,
  OPERATOR_SPANS,
  ROUTING_RULE_SPANS,
} from './spans.ts'
export { NO_TRACING, startTracing, type Tracing, type TracingSettings } from './start-tracing.ts'
export {
  beginSpan,
  currentTrace,
  currentTraceparent,
  linksTo,
  openTrace,
  type SpanSettings,
  type TraceScope,
  withSpan,
} from './tracing.ts'
export { type Asking, type ObserveUseCase, observeUseCases, type UseCaseResult } from './use-case.ts'
export {
  observeHealthCache,
  observeNats,
  observePostgres,
  observePublish,
  observeRedis,
  observeStreams,
  observeVault,
  reportTo,
} from './observers.ts'
