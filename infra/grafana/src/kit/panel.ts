import type { Panel, Threshold, ValueMapping } from '@grafana/grafana-foundation-sdk/dashboard'
import type { PanelBuilder as StatBuilder } from '@grafana/grafana-foundation-sdk/stat'
import type { PanelBuilder as StateTimelineBuilder } from '@grafana/grafana-foundation-sdk/statetimeline'
import type { PanelBuilder as TableBuilder } from '@grafana/grafana-foundation-sdk/table'
import type { PanelBuilder as TimeSeriesBuilder } from '@grafana/grafana-foundation-sdk/timeseries'
import { linkTo } from './links.ts'
import { DATASOURCE, type Query, type QueryKind, toTarget } from './query.ts'
import { type Runbook, runbookUrl } from './runbooks.ts'
import { NO_LIMITS, toThresholds } from './thresholds.ts'

/** What every panel has to tell. */
export type PanelSpec = Readonly<{
  title: string
  /** What it shows, what a bad value means. */
  description: string
  /** What to do then. */
  runbooks?: readonly Runbook[]
  /** One of the SDK's units. */
  unit: string
  queries: readonly Query[]
  thresholds?: readonly Threshold[]
  mappings?: readonly ValueMapping[]
  /** Shown when the query answers nothing. */
  noValue?: string
  /** Of 24 columns. */
  width: number
  height?: number
}>

type AnyBuilder = StatBuilder | StateTimelineBuilder | TableBuilder | TimeSeriesBuilder

/** `kind`: how its queries are asked; `height`: when the spec has none. */
export function build(
  builder: AnyBuilder,
  spec: PanelSpec,
  { kind, height }: { kind: QueryKind; height: number },
): Panel {
  const { title, description, runbooks = [], unit, queries, thresholds, mappings = [], noValue, width } = spec
  const toRead = runbooks.map((runbook) => `[${runbook}](${runbookUrl(runbook)})`).join(', ')
  builder
    .title(title)
    .description(toRead === '' ? description : `${description}\n\nRunbook: ${toRead}.`)
    .datasource(DATASOURCE)
    .unit(unit)
    .mappings([...mappings])
    .thresholds(toThresholds(thresholds ?? NO_LIMITS))
    .span(width)
    .height(spec.height ?? height)
    .targets(queries.map((query, index) => toTarget(query, kind, index)))
    .links(runbooks.map((runbook) => ({ build: () => linkTo(`Runbook: ${runbook}`, runbookUrl(runbook)) })))
  if (noValue !== undefined) builder.noValue(noValue)
  return builder.build()
}
