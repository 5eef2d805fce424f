import {
  commonVariables,
  databaseVariables,
  type Environment,
  managementVariables,
  natsRules,
  natsVariables,
  readConfig,
  redisVariables,
} from '@oms/adapters/config'
import { HEALTH_THRESHOLD_DEFAULTS, type HealthThresholds } from '@oms/domain'
import { type Static, Type } from '@sinclair/typebox'

const defaults = HEALTH_THRESHOLD_DEFAULTS
const rate = (fallback: number, description: string) =>
  Type.Number({ minimum: 0, maximum: 1, default: fallback, description })
const seconds = (fallback: number, description: string) =>
  Type.Integer({ minimum: 1, maximum: 3_600, default: fallback, description })

export const HealthIngestorVariables = Type.Object({
  ...commonVariables,
  ...managementVariables(9466),
  ...databaseVariables,
  ...redisVariables,
  ...natsVariables,
  HEALTH_DEGRADED_ERROR_RATE: rate(defaults.degradedErrorRate, 'Above it, held, an operator becomes DEGRADED.'),
  HEALTH_UNHEALTHY_ERROR_RATE: rate(defaults.unhealthyErrorRate, 'Above it, held, an operator becomes UNHEALTHY.'),
  HEALTH_HOLD_SECONDS: seconds(defaults.holdSeconds, 'How long a rate must hold before it moves the state.'),
  HEALTH_GAP_SECONDS: seconds(defaults.gapSeconds, 'A longer silence between two reports forgets what was held.'),
  HEALTH_REPLAY_TOLERANCE_SECONDS: seconds(
    defaults.replayToleranceSeconds,
    'How much older than the newest an observation may be before it is a replay.',
  ),
  HEALTH_BATCH: Type.Integer({
    minimum: 1,
    maximum: 32_768,
    default: 16_384,
    description: 'Reports that one transaction takes at most; only a backlog brings so many.',
  }),
})
export type HealthIngestorConfig = Static<typeof HealthIngestorVariables>

export const readHealthIngestorConfig = (env: Environment): HealthIngestorConfig =>
  readConfig(HealthIngestorVariables, env, natsRules, (config) =>
    (config.HEALTH_DEGRADED_ERROR_RATE ?? 0) < (config.HEALTH_UNHEALTHY_ERROR_RATE ?? 1)
      ? []
      : [{ variable: 'HEALTH_DEGRADED_ERROR_RATE', message: 'must be below HEALTH_UNHEALTHY_ERROR_RATE' }],
  )

export const thresholdsOf = (config: HealthIngestorConfig): HealthThresholds => ({
  degradedErrorRate: config.HEALTH_DEGRADED_ERROR_RATE,
  unhealthyErrorRate: config.HEALTH_UNHEALTHY_ERROR_RATE,
  holdSeconds: config.HEALTH_HOLD_SECONDS,
  gapSeconds: config.HEALTH_GAP_SECONDS,
  replayToleranceSeconds: config.HEALTH_REPLAY_TOLERANCE_SECONDS,
})
