import type { Panel, ValueMapping } from '@grafana/grafana-foundation-sdk/dashboard'
import { Short } from '@grafana/grafana-foundation-sdk/units'
import { linkTo } from '../shared/links.ts'
import { wordsFor } from '../shared/mappings.ts'
import { RUNBOOKS } from '../shared/runbooks.ts'
import { table } from '../shared/table.ts'
import { ORANGE, RED } from '../shared/thresholds.ts'
import { RUNBOOK_OF_ALERT } from './runbook-of-alert.ts'

const SEVERITIES = wordsFor({ critical: { text: 'critical', color: RED }, warning: { text: 'warning', color: ORANGE } })

/** The label `runbook` holds the name of the alert; it is shown as the file, of which the link is made. */
const FILES: ValueMapping = wordsFor(
  Object.fromEntries(Object.entries(RUNBOOK_OF_ALERT).map(([alert, runbook]) => [alert, { text: `${runbook}.md` }])),
)

export const firingAlerts = (): Panel =>
  table({
    title: 'Firing alerts',
    description:
      'What fires now, with the page that says what to do. An alert with `dependency` explains those that name it under "Follows from".',
    unit: Short,
    queries: [
      {
        expr:
          'sort_desc(count by (alertname, severity, dependency, depends_on, job, instance, runbook) ' +
          '(label_replace(ALERTS{alertname=~"Ops.*", alertstate="firing"}, "runbook", "$1", "alertname", "(.*)")))',
      },
    ],
    columns: {
      severity: 'Severity',
      alertname: 'Alert',
      runbook: 'Runbook',
      dependency: 'Dependency',
      depends_on: 'Follows from',
      job: 'App',
      instance: 'Replica',
    },
    shown: {
      Severity: [
        { id: 'mappings', value: [SEVERITIES] },
        { id: 'custom.cellOptions', value: { type: 'color-background' } },
      ],
      Runbook: [
        { id: 'mappings', value: [FILES] },
        // The text of a value is what its mapping made of it.
        { id: 'links', value: [linkTo('Runbook', `${RUNBOOKS}/\${__value.text}`)] },
      ],
    },
    noValue: 'No alert fires.',
    width: 24,
    height: 7,
  })
