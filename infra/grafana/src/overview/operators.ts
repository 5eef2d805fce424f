import type { Panel } from '@grafana/grafana-foundation-sdk/dashboard'
import { OpsPerMinute, OpsPerSecond } from '@grafana/grafana-foundation-sdk/units'
import type { Row } from '../kit/layout.ts'
import { perMinute, rateOf } from '../kit/query.ts'
import type { Runbook } from '../kit/runbooks.ts'
import { timeSeries } from '../kit/time-series.ts'

type Change = Readonly<{ what: string; counter: string; description: string; runbooks: readonly Runbook[] }>

const changes = ({ what, counter, description, runbooks }: Change): Panel =>
  timeSeries({
    title: `${what} by result`,
    description,
    runbooks,
    unit: OpsPerMinute,
    queries: [{ expr: perMinute(counter, 'result'), legend: '{{result}}' }],
    width: 12,
  })

const credentialsReads = (): Panel =>
  timeSeries({
    title: 'Reads of credentials by result',
    description:
      '`vault_error`: peers cannot rebind once what they remember is too old. `missing`: the secret of an operator is gone. `error`: PostgreSQL.',
    runbooks: ['vault-read-errors', 'credentials-missing', 'postgres-errors'],
    unit: OpsPerSecond,
    queries: [{ expr: rateOf('ops_credentials_read_total', 'result'), legend: '{{result}}' }],
    width: 24,
  })

/** What admins change and what peers read. */
export const operators = (): Row => ({
  title: 'Operators: what admins change and peers read',
  panels: [
    changes({
      what: 'Creates',
      counter: 'ops_operator_create_total',
      description:
        "`vault_error`: the create was undone, the admin tries again. `error`: PostgreSQL. `duplicate` is the admin's.",
      runbooks: ['vault-unavailable', 'postgres-errors'],
    }),
    changes({
      what: 'Updates',
      counter: 'ops_operator_update_total',
      description:
        "`vault_error`: nothing was changed. `error`: PostgreSQL. `conflict` and `not_found` are the admin's.",
      runbooks: ['vault-unavailable', 'postgres-errors'],
    }),
    changes({
      what: 'Deletes',
      counter: 'ops_operator_delete_total',
      description: '`error`: PostgreSQL. A burst of `ok` that nobody announced is worth a look at the audit log.',
      runbooks: ['postgres-errors'],
    }),
    changes({
      what: 'Creates of routing rules',
      counter: 'ops_routing_rule_create_total',
      description:
        "`error`: PostgreSQL. `conflict`: an overlap with a rule of the same operator, which is the admin's.",
      runbooks: ['postgres-errors'],
    }),
    credentialsReads(),
  ],
})
