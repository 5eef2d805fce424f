import { basename } from 'node:path'
import type { Panel } from '@grafana/grafana-foundation-sdk/dashboard'
import { Short } from '@grafana/grafana-foundation-sdk/units'
import type { AlertingRule } from '../../../prometheus/src/rule-files.ts'
import { FIRING } from '../kit/alerts.ts'
import { linkTo } from '../kit/links.ts'
import { wordsFor } from '../kit/mappings.ts'
import { RUNBOOKS } from '../kit/runbooks.ts'
import { COLOURED, table } from '../kit/table.ts'
import { ORANGE, RED } from '../kit/thresholds.ts'

const SEVERITIES = wordsFor({ critical: { text: 'critical', color: RED }, warning: { text: 'warning', color: ORANGE } })

/** The label `runbook` holds the name of the alert, for a query tells no annotations; shown is the file, linked below. */
const filesOf = (alerts: readonly AlertingRule[]) =>
  wordsFor(
    Object.fromEntries(
      alerts.map(({ alert, annotations }) => [alert, { text: basename(annotations.runbook_url ?? '') }]),
    ),
  )

export const firingAlerts = (alerts: readonly AlertingRule[]): Panel =>
  table({
    title: 'Firing alerts',
    description:
      'What fires now, with the page that says what to do. Mend a dependency first: what follows from it clears by itself.',
    unit: Short,
    queries: [
      {
        expr:
          'count by (alertname, severity, dependency, depends_on, job, instance, runbook) ' +
          `(label_replace(${FIRING}, "runbook", "$1", "alertname", "(.*)"))`,
      },
    ],
    columns: {
      severity: 'Severity',
      alertname: 'Alert',
      runbook: 'Runbook',
      dependency: 'Dependency',
      depends_on: 'May follow from',
      job: 'App',
      instance: 'Replica',
    },
    sortBy: 'Severity',
    shown: {
      Severity: [{ id: 'mappings', value: [SEVERITIES] }, COLOURED],
      Runbook: [
        { id: 'mappings', value: [filesOf(alerts)] },
        // The text of a value is what its mapping made of it.
        { id: 'links', value: [linkTo('Runbook', `${RUNBOOKS}/\${__value.text}`)] },
      ],
    },
    noValue: 'No alert fires.',
    width: 24,
    height: 7,
  })
