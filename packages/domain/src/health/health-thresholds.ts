/** Rates are 0..1, durations seconds of the stream's time. */
export type HealthThresholds = Readonly<{
  degradedErrorRate: number
  unhealthyErrorRate: number
  /** How long a rate must stay on one side before it moves the state. */
  holdSeconds: number
  /** A longer silence between two reports forgets what was held. */
  gapSeconds: number
  /** How much older than the newest one an observation may be before it is a replay. */
  replayToleranceSeconds: number
}>

export const HEALTH_THRESHOLD_DEFAULTS: HealthThresholds = {
  degradedErrorRate: 0.05,
  unhealthyErrorRate: 0.2,
  holdSeconds: 60,
  gapSeconds: 60,
  replayToleranceSeconds: 5,
}
