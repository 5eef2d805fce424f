import { HEALTH_METRICS } from './health-metrics.ts'
import { OPERATOR_METRICS } from './operator-metrics.ts'
import { OUTBOX_METRICS } from './outbox-metrics.ts'
import { PROCESS_METRICS } from './process-metrics.ts'

/** Every metric family of the service, and which app can produce it. */
export const FAMILIES = {
  ...OPERATOR_METRICS,
  ...OUTBOX_METRICS,
  ...HEALTH_METRICS,
  ...PROCESS_METRICS,
} as const
