export { createLogger, type Logger, type LoggerSettings } from './logger.ts'
export { FAMILIES } from './metric-families.ts'
export type { App } from './metric-family.ts'
export { createMetrics, type Metrics, type MetricsSettings } from './metrics.ts'
export { type PrintableError, printable, serializeError } from './serialize-error.ts'
export { childOf, formatTraceparent, parseTraceparent, type TraceContext } from './trace-context.ts'
export { currentTrace, currentTraceparent, openTrace, type TraceScope, withSpan } from './tracing.ts'
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
