import type { Dashboard } from '../src/kit/dashboard.ts'

/** As far as the tests look into it. */
export type PanelJson = Readonly<{
  id: number
  type: string
  title?: string
  description?: string
  gridPos: Readonly<{ x: number; y: number; w: number; h: number }>
  datasource?: unknown
  targets?: readonly Readonly<{ refId: string; expr: string; legendFormat?: string; datasource?: unknown }>[]
  links?: readonly Readonly<{ url: string }>[]
  fieldConfig?: Readonly<{
    defaults: Readonly<{
      unit?: string
      mappings?: readonly object[]
      thresholds?: Readonly<{ steps: readonly Readonly<{ value: number | null }>[] }>
    }>
  }>
}>

/** `where`: for messages; `legend`: what names a line. */
export type PanelQuery = Readonly<{ where: string; expr: string; legend: string }>

/** The dashboard as Grafana reads it. */
const asJson = (dashboard: Dashboard) =>
  JSON.parse(JSON.stringify(dashboard)) as Readonly<{
    panels: readonly PanelJson[]
    templating: Readonly<{ list: readonly Readonly<{ name: string; type: string; query: unknown }>[] }>
    annotations: Readonly<{ list: readonly Readonly<{ name: string; target: Readonly<{ expr: string }> }>[] }>
  }>

export const allPanels = (dashboard: Dashboard): readonly PanelJson[] => asJson(dashboard).panels

/** Those that show something, without the headings. */
export const panelsOf = (dashboard: Dashboard): readonly PanelJson[] =>
  allPanels(dashboard).filter(({ type }) => type !== 'row')

export const variableNames = (dashboard: Dashboard): readonly string[] =>
  asJson(dashboard).templating.list.map(({ name }) => name)

/** Of panels, annotations and variables; of `label_values(selector, label)` the selector. */
export function queriesOf(dashboard: Dashboard): readonly PanelQuery[] {
  const { templating, annotations } = asJson(dashboard)
  const title = dashboard.title ?? ''
  return [
    ...panelsOf(dashboard).flatMap((panel) =>
      (panel.targets ?? []).map(({ expr, legendFormat = '' }) => ({
        where: `${title} / ${panel.title ?? ''}`,
        expr,
        legend: legendFormat,
      })),
    ),
    ...annotations.list.map(({ name, target }) => ({ where: `${title} / ${name}`, expr: target.expr, legend: '' })),
    ...templating.list
      .filter(({ type }) => type === 'query')
      .map(({ name, query }) => ({ where: `${title} / $${name}`, ...labelValues(query) })),
  ]
}

function labelValues(query: unknown): { expr: string; legend: string } {
  const text = (query as { query: string }).query
  const [, expr, label] = /^label_values\((.+), (\w+)\)$/.exec(text) ?? []
  if (expr === undefined || label === undefined) throw new Error(`not label_values(selector, label): ${text}`)
  return { expr, legend: `{{${label}}}` }
}

/** What Grafana puts in its own place, so that the rest is PromQL; the choices of the reader stay as texts. */
export const asPromQl = (expr: string): string => expr.replaceAll('$__rate_interval', '5m').replaceAll('$__range', '3h')
