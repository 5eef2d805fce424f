import { basename } from 'node:path'
import { rules } from './rules.ts'

/** The address of the runbook of each alert, from the rules of Prometheus: a query does not tell annotations. */
export const runbookByAlert = (): Readonly<Record<string, string>> =>
  Object.fromEntries(
    rules().flatMap(({ alert, annotations }) =>
      alert === undefined || annotations === undefined ? [] : [[alert, annotations.runbook_url]],
    ),
  )

/** The file that a runbook's address ends in. */
export const fileOf = (runbookUrl: string): string => basename(runbookUrl)

/** What fires, without the alert that always does. */
export const FIRING = 'ALERTS{alertname=~"Ops.*", alertstate="firing", severity=~"critical|warning"}'

/** Of one severity. */
export const firing = (severity: 'critical' | 'warning'): string =>
  `ALERTS{alertname=~"Ops.*", alertstate="firing", severity="${severity}"}`
