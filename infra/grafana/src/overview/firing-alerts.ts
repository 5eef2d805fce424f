import type { Panel } from '@grafana/grafana-foundation-sdk/dashboard'
import { Short } from '@grafana/grafana-foundation-sdk/units'
import { fileOf, FIRING, runbookByAlert } from '../shared/alerts.ts'
import { linkTo } from '../shared/links.ts'
import { wordsFor } from '../shared/mappings.ts'
import { RUNBOOKS } from '../shared/runbooks.ts'
import { COLOURED, table } from '../shared/table.ts'
import { ORANGE, RED } from '../shared/thresholds.ts'

const SEVERITIES = wordsFor({ critical: { text: 'critical', color: RED }, warning: { text: 'warning', color: ORANGE } })

/** The label `runbook` holds the name of the alert; it is shown as the file, of which the link is made. */
const files = () =>
  wordsFor(
    Object.fromEntries(Object.entries(runbookByAlert()).map(([alert, runbook]) => [alert, { text: fileOf(runbook) }])),
  )

export const firingAlerts = (): Panel =>
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
        { id: 'mappings', value: [files()] },
        // The text of a value is what its mapping made of it.
        { id: 'links', value: [linkTo('Runbook', `${RUNBOOKS}/\${__value.text}`)] },
      ],
    },
    noValue: 'No alert fires.',
    width: 24,
    height: 7,
  })
