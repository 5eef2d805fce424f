import {
  AnnotationQueryBuilder,
  DashboardCursorSync,
  defaultDashboard,
  type VariableModel,
} from '@grafana/grafana-foundation-sdk/dashboard'
import { firing } from './alerts.ts'
import { layOut, type Row } from './layout.ts'
import { linksToTagged, linkTo } from './links.ts'
import { DATASOURCE, toTarget } from './query.ts'
import { RUNBOOKS } from './runbooks.ts'
import { datasource } from './variables.ts'

/** On all our dashboards, and on no others: by it they link to each other. */
const TAG = 'operator-management-service'

export type Dashboard = ReturnType<typeof defaultDashboard>

export type DashboardSpec = Readonly<{
  /** Part of its address: never changed. */
  uid: string
  title: string
  description: string
  tags: readonly string[]
  /** Beside the choice of the data source. */
  variables?: readonly VariableModel[]
  /** Shown at first, back from now. */
  range?: string
  rows: readonly Row[]
}>

/** Marks on every graph where an alert that wakes somebody began. */
const pages = () =>
  new AnnotationQueryBuilder()
    .name('Critical alerts')
    .datasource(DATASOURCE)
    .enable(true)
    .iconColor('red')
    .target(toTarget({ expr: firing('critical') }, 'over-time', 0))
    .titleFormat('{{alertname}}')
    .build()

export const dashboard = ({ rows, tags, variables = [], range = '3h', ...named }: DashboardSpec): Dashboard => ({
  ...defaultDashboard(),
  ...named,
  tags: [TAG, ...tags],
  timezone: 'browser',
  time: { from: `now-${range}`, to: 'now' },
  refresh: '30s',
  // Made from sources: what somebody would change in Grafana is lost with the next change here.
  editable: false,
  graphTooltip: DashboardCursorSync.Crosshair,
  links: [linksToTagged('Operator management', TAG), linkTo('Runbooks', `${RUNBOOKS}/README.md`)],
  templating: { list: [datasource(), ...variables] },
  annotations: { list: [pages()] },
  panels: layOut(rows),
})
