import { type Threshold, ThresholdsConfigBuilder, ThresholdsMode } from '@grafana/grafana-foundation-sdk/dashboard'

/** Grafana's names. */
export const GREEN = 'green'
export const ORANGE = 'orange'
export const RED = 'red'
export const BLUE = 'blue'

/** From each of these values on it is worth a ticket, or wakes somebody: those of the alerts, where there is one. */
export type Limits = Readonly<{ warning?: number; critical?: number }>

/** Said, for without any Grafana paints red from 80 on. */
export const NO_LIMITS: readonly Threshold[] = [{ value: null, color: 'text' }]

/** Bad from the limits upwards. */
export const badAbove = ({ warning, critical }: Limits): readonly Threshold[] => [
  { value: null, color: GREEN },
  ...(warning === undefined ? [] : [{ value: warning, color: ORANGE }]),
  ...(critical === undefined ? [] : [{ value: critical, color: RED }]),
]

/** Bad below the limits, of which `critical` is the lower. */
export function badBelow({ warning, critical }: Limits): readonly Threshold[] {
  const worst = critical === undefined ? ORANGE : RED
  const between = critical === undefined ? [] : [{ value: critical, color: warning === undefined ? GREEN : ORANGE }]
  return [
    { value: null, color: worst },
    ...between,
    ...(warning === undefined ? [] : [{ value: warning, color: GREEN }]),
  ]
}

export const toThresholds = (steps: readonly Threshold[]): ThresholdsConfigBuilder =>
  new ThresholdsConfigBuilder().mode(ThresholdsMode.Absolute).steps([...steps])
