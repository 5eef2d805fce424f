/** What fires, without the alert that always does. */
export const FIRING = 'ALERTS{alertname=~"Ops.*", alertstate="firing", severity=~"critical|warning"}'

/** Of one severity. */
export const firing = (severity: 'critical' | 'warning'): string =>
  `ALERTS{alertname=~"Ops.*", alertstate="firing", severity="${severity}"}`
